import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isAlive } from './processes.ts'
import { Server, type ServerPlan } from './server.ts'

/** A server that is a line of shell; ready as soon as it has written its pid into a file named ready. */
async function shellServer(
  t: TestContext,
  script: string,
  readyMs = 10_000,
): Promise<{ server: Server; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe-server-'))
  const plan: ServerPlan = {
    name: 'shell-1',
    program: 'sh',
    args: ['-c', script],
    env: process.env,
    cwd: folder,
    logFile: join(folder, 'log/shell-1.log'),
    ports: [],
    isReady: async () => Number(await readFile(join(folder, 'ready'), 'utf8')) === server.pid,
  }
  const server: Server = new Server(plan, {
    outlivesUs: false,
    readyMs,
    signal: new AbortController().signal,
    onPid: () => {},
  })
  t.after(async () => {
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  })
  return { server, folder }
}

const serve = 'echo up; echo $$ >ready; exec sleep 60'

test('a start resolves when the server answers, a kill when it is gone', async (t) => {
  const { server } = await shellServer(t, serve)
  await server.start()
  const pid = server.pid
  assert.equal(isAlive(pid), true)
  assert.match(server.logTail(), /^up$/)
  await server.kill()
  assert.equal(isAlive(pid), false)
  assert.equal(server.pid, 0)
})

test('it starts again after it was killed, and its log goes on', async (t) => {
  const { server } = await shellServer(t, serve)
  await server.start()
  await server.kill('SIGTERM')
  await server.start()
  assert.equal(isAlive(server.pid), true)
  assert.equal(server.logTail(), 'up\nup')
})

test('a paused server can be ended', async (t) => {
  const { server } = await shellServer(t, serve)
  await server.start()
  server.pause()
  await server.stop(10_000)
  assert.equal(server.pid, 0)
})

test('one that does not heed SIGTERM is killed after its time of grace', async (t) => {
  const { server } = await shellServer(t, `trap '' TERM; echo $$ >ready; while :; do sleep 0.1; done`)
  await server.start()
  const started = performance.now()
  await server.stop(300)
  assert.ok(performance.now() - started < 5_000)
  assert.equal(server.pid, 0)
})

test('one that ends before it answers is reported with its exit code and the end of its log', async (t) => {
  const { server } = await shellServer(t, 'echo no disk left; exit 3')
  await assert.rejects(server.start(), {
    code: 'server_not_ready',
    message:
      /^shell-1 ended \(exit code 3\) before it was ready\. The end of its log \(.*shell-1\.log\):\nno disk left$/,
  })
})

test('one that does not answer in time is ended and reported', async (t) => {
  const { server } = await shellServer(t, 'echo thinking; exec sleep 60', 300)
  await assert.rejects(server.start(), { code: 'server_not_ready', message: /did not answer within 0\.3 s.*thinking/s })
  assert.equal(server.pid, 0)
})

test('a long log is put aside at the next start', async (t) => {
  const { server, folder } = await shellServer(t, serve)
  await server.start()
  await server.kill()
  const log = join(folder, 'log/shell-1.log')
  await writeFile(log, Buffer.alloc(9 * 1024 * 1024, 'x'))
  await server.start()
  assert.equal(server.logTail(), 'up')
  assert.equal((await readFile(`${log}.1`)).length, 9 * 1024 * 1024)
})
