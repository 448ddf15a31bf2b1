import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { existingStack, takeDown } from './existing.ts'
import { endProcesses, isAlive } from './processes.ts'
import { type StackOptions, startStack } from './stack.ts'

// etcd alone: it starts within a second, and what is tested here is the same for all servers.
const options = { services: ['etcd'], ports: 'free', graceMs: 0 } as const satisfies Partial<StackOptions>
const signal = new AbortController().signal

async function stackFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'logpipe-stack-'))
  t.after(async () => {
    const left = existingStack(dir)?.running ?? []
    await endProcesses(
      left.map((server) => server.pid),
      0,
      signal,
    )
    await rm(dir, { recursive: true, force: true })
  })
  return dir
}

/** Another process that starts a stack in `dir` and then does as told; resolves when the stack is up. */
async function starter(dir: string, extra: Partial<StackOptions>, then: string): Promise<ChildProcess> {
  const code = `
    import { startStack } from ${JSON.stringify(fileURLToPath(new URL('stack.ts', import.meta.url)))}
    await startStack(${JSON.stringify({ dir, ...options, ...extra })})
    process.send('up')
    ${then}`
  const args = ['--conditions=logpipe-source', '--input-type=module-typescript', '--eval', code]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [said] = (await once(child, 'message')) as unknown[]
  assert.equal(said, 'up')
  return child
}

function etcdPid(dir: string): number {
  const pid = existingStack(dir)?.state.servers[0]?.pid
  assert.ok(pid)
  return pid
}

test('stack.json holds the addresses while the stack runs, and is gone after', async (t) => {
  const dir = await stackFolder(t)
  const stack = await startStack({ dir, ...options })
  const found = existingStack(dir)
  assert.equal(found?.state.ready, true)
  assert.equal(found.state.owner, process.pid)
  assert.deepEqual(found.state.etcd, stack.addresses.etcd)
  assert.deepEqual(found.running, [{ name: 'etcd-1', pid: stack.etcd[0]?.pid, log: join(dir, 'logs/etcd-1.log') }])
  await stack.stop()
  assert.equal(existingStack(dir), undefined)
})

test('a second stack in the same folder is refused while the first runs', async (t) => {
  const dir = await stackFolder(t)
  const stack = await startStack({ dir, ...options })
  await assert.rejects(startStack({ dir, ...options }), {
    message: /A stack runs in .* already \(process \d+ owns it\)/,
  })
  await assert.rejects(takeDown(dir, signal), { message: /belongs to process \d+/ })
  assert.equal(isAlive(stack.etcd[0]?.pid ?? 0), true)
})

test('servers end with the process that started them, even when it is killed', async (t) => {
  const dir = await stackFolder(t)
  const child = await starter(dir, {}, 'setInterval(() => {}, 1_000)')
  const pid = etcdPid(dir)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const deadline = performance.now() + 5_000
  while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(isAlive(pid), false)
})

test('servers that were told to outlive their starter do, and are taken down by anyone', async (t) => {
  const dir = await stackFolder(t)
  const child = await starter(dir, { outlivesUs: true }, 'process.disconnect()')
  await once(child, 'exit')
  assert.equal(child.exitCode, 0)
  const pid = etcdPid(dir)
  assert.equal(isAlive(pid), true)
  await assert.rejects(startStack({ dir, ...options }), { message: /npm run stack -- down/ })
  assert.equal(await takeDown(dir, signal), 1)
  assert.equal(isAlive(pid), false)
  assert.equal(await takeDown(dir, signal), 0)
})

test('what a broken start left behind is ended by the next one, which goes on with the data', async (t) => {
  const dir = await stackFolder(t)
  const child = await starter(dir, { outlivesUs: true, etcdMembers: 3 }, 'process.disconnect()')
  await once(child, 'exit')
  const members = existingStack(dir)?.running ?? []
  assert.equal(members.length, 3)
  // Waited for: a process that is being killed still counts as running for a moment.
  await endProcesses([members[0]?.pid ?? 0], 0, signal)
  await startStack({ dir, ...options })
  for (const { pid } of members) assert.equal(isAlive(pid), false)
  assert.equal(existingStack(dir)?.running.length, 1)
})
