import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { FakeClock } from './clock.ts'
import { humanLine } from './log-human.ts'
import { createLogger, repeatLimit, repeatWindowMs } from './log.ts'

function recorder(): { lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = []
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
}

test('a line is ECS JSON with time, level, service, message and the fields of its parents', () => {
  const destination = recorder()
  const log = createLogger({ service: 'logagent', destination, clock: new FakeClock(0) })
  log.child({ topic: 'web_log' }).warn('Broker is away', { attempt: 2 })
  const [line] = destination.lines
  assert.equal(line?.['@timestamp'], '1970-01-01T00:00:00.000Z')
  assert.equal(line?.['log.level'], 'warn')
  assert.equal(line?.['service.name'], 'logagent')
  assert.equal(line?.['message'], 'Broker is away')
  assert.deepEqual(line?.['logpipe'], { topic: 'web_log', attempt: 2 })
})

test('lines below the level are not written', () => {
  const destination = recorder()
  const log = createLogger({ service: 'x', level: 'warn', destination })
  log.debug('a')
  log.info('b')
  log.error('c')
  assert.deepEqual(
    destination.lines.map((line) => line['message']),
    ['c'],
  )
})

test('a message repeated without end is counted instead of written', () => {
  const destination = recorder()
  const clock = new FakeClock()
  const log = createLogger({ service: 'x', destination, clock })
  for (let i = 0; i < 1_000; i++) log.warn('Broker is away', { attempt: i })
  assert.equal(destination.lines.length, repeatLimit)
  clock.advance(repeatWindowMs)
  log.warn('Broker is away')
  assert.equal(destination.lines.length, repeatLimit + 2)
  assert.equal(destination.lines.at(-2)?.['event.count'], 1_000 - repeatLimit)
})

test('a line for a terminal is short and lets no control character through', () => {
  const line = humanLine(
    JSON.stringify({
      '@timestamp': '2026-01-02T03:04:05.678Z',
      'log.level': 'info',
      message: 'File \u001b[2J found',
      logpipe: { path: '/a\nb', count: 3 },
    }),
  )
  assert.ok(line.endsWith(' File \\x1b[2J found path=/a\\x0ab count=3\n'), line)
  assert.ok(line.startsWith('03:04:05 '), line)
})

const childCode = `
  const { createLogger } = await import(${JSON.stringify(new URL('./log.ts', import.meta.url).href)})
  const log = createLogger({ service: 'child' })
  for (let i = 0; i < 20_000; i++) log.info('line ' + i, { text: 'x'.repeat(200) })
  setTimeout(() => process.stdout.write('alive'), 200)
`

function startChild(t: TestContext, stderr: 'pipe' | number): ReturnType<typeof spawn> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', childCode], { stdio: ['ignore', 'pipe', stderr] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('a reader of stderr that hangs does not stop the process', { timeout: 20_000 }, async (t) => {
  const child = startChild(t, 'pipe')
  assert.ok(child.stdout)
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  assert.equal(chunk.toString(), 'alive')
})

test('a full disk under stderr does not stop the process', { timeout: 20_000 }, async (t) => {
  const child = startChild(t, openSync('/dev/full', 'w'))
  const [code] = (await once(child, 'exit')) as [number]
  assert.equal(code, 0)
})
