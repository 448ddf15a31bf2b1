import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { LogpipeError } from './errors.ts'
import { silentLogger } from './log.ts'
import { runUntilSignal } from './shutdown.ts'

const moduleUrl = JSON.stringify(new URL('./index.ts', import.meta.url).href)

/** A process that runs `main` under runUntilSignal and prints `started` first. */
async function startProcess(t: TestContext, main: string, deadlineMs = 10_000): Promise<ChildProcess> {
  const code = `
    import { createLogger, runUntilSignal, sleep, LogpipeError } from ${moduleUrl}
    const log = createLogger({ service: 'child' })
    process.exitCode = await runUntilSignal(async (signal) => {
      console.log('started')
      ${main}
    }, { log, deadlineMs: ${deadlineMs} })
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  assert.ok(child.stdout)
  await once(createInterface(child.stdout), 'line')
  return child
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; log: string }> {
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, log }
}

const timeout = { timeout: 20_000 }

test('the first signal lets main end in order, with 0', timeout, async (t) => {
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    const child = await startProcess(t, `await sleep(60_000, signal).catch(() => {}); log.info('drained')`)
    child.kill(name)
    const { code, log } = await exitOf(child)
    assert.equal(code, 0)
    assert.match(log, /drained/)
  }
})

test('a second signal ends the process at once', timeout, async (t) => {
  const child = await startProcess(t, `await new Promise(() => setInterval(() => {}, 1_000))`)
  const ended = exitOf(child)
  child.kill('SIGTERM')
  assert.ok(child.stderr)
  await once(child.stderr, 'data')
  child.kill('SIGTERM')
  assert.equal((await ended).code, 143)
})

test('an end that takes too long is cut off at the deadline, with 1 and a reason', timeout, async (t) => {
  const child = await startProcess(t, `await new Promise(() => setInterval(() => {}, 1_000))`, 100)
  child.kill('SIGTERM')
  const { code, log } = await exitOf(child)
  assert.equal(code, 1)
  assert.match(log, /took too long/)
})

test('a rejection that nobody handles is logged and ends the process with 1', timeout, async (t) => {
  const child = await startProcess(t, `void Promise.reject(new Error('forgotten')); await sleep(60_000, signal)`)
  const { code, log } = await exitOf(child)
  assert.equal(code, 1)
  assert.match(log, /forgotten/)
})

test('main that fails gives 1, and 2 when its settings are wrong', async () => {
  const run = (error: Error): Promise<number> =>
    runUntilSignal(() => Promise.reject(error), { log: silentLogger, deadlineMs: 1_000 })
  assert.equal(await run(new Error('broken')), 1)
  assert.equal(await run(new LogpipeError('settings_invalid', 'x')), 2)
  assert.equal(await run(new LogpipeError('aborted', 'not by us')), 1)
})

test('no listener is left behind', async () => {
  const before = process.listenerCount('SIGTERM')
  assert.equal(await runUntilSignal(async () => {}, { log: silentLogger, deadlineMs: 1_000 }), 0)
  assert.equal(process.listenerCount('SIGTERM'), before)
})
