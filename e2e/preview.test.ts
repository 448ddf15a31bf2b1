import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { askAgents, type FilesReport, keysOf, openEtcdStore } from '@logpipe/config'
import {
  LogDir,
  type Ran,
  closeAfter,
  randomName,
  readTopic,
  runProgram,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'

test(
  'logctl asks live agents what an entry would collect, before anything is; one that was killed answers when it is back',
  { timeout: 90_000 },
  async (t) => {
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const prefix = `/${randomName('preview')}`
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
      await store.close()
    })
    const dirs = [LogDir.create(t), LogDir.create(t)] as const
    const agents = await Promise.all(
      dirs.map((dir, index) =>
        startAgent(t, {
          kafka: { brokers },
          etcd: { endpoints, prefix },
          id: `agent-${index}`,
          ip: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
          labels: { role: 'web' },
          discover: { roots: [dir.file('')] },
        }),
      ),
    )
    const logctl = (...args: string[]): Promise<Ran> =>
      runProgram('logctl', { args, env: { LOGCTL_ETCD: endpoints.join(','), LOGCTL_ETCD_PREFIX: prefix } })
    await waitFor(async () => (await store.list(keysOf(prefix, 'status'))).items.length === 2, {
      what: 'both agents to be registered',
    })
    dirs[0].appendLines('access.log', ['GET /?password=secret', 'DEBUG x', 'GET /b'])
    dirs[1].appendLines('other.log', ['not for them'])

    const topic = randomName('preview_log')
    const redact = [{ pattern: 'password=\\w+', replace: 'password=…' }]
    const wish = { id: 'nginx', path: '/**/access.log', topic, excludeLines: ['^DEBUG'], redact }
    const group = JSON.stringify({ selector: { role: 'web' }, entries: [wish] })
    dirs[0].append('wish.json', group)
    const asked = ['preview', '--group', 'web', dirs[0].file('wish.json')]
    const { code, stdout, stderr } = await logctl(...asked, '--json')
    assert.equal(code, 0, stderr)
    const [first, second] = stdout
      .trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { entries: { matched: number; files: { path: string; filtered: number }[] }[] },
      )
    assert.equal(first?.entries[0]?.matched, 1, 'only what lies inside its roots')
    assert.equal(first?.entries[0]?.files[0]?.path, dirs[0].file('access.log'))
    assert.equal(first?.entries[0]?.files[0]?.filtered, 1)
    assert.equal(second?.entries[0]?.matched, 0)
    const people = await logctl(...asked)
    assert.match(people.stdout, /^ {4}GET \/\?password=…$/m)
    assert.doesNotMatch(stdout + people.stdout, /secret|DEBUG|not for them/)

    const files = async (): Promise<FilesReport['files']> =>
      (await agents[0]?.get<FilesReport>('/files'))?.body.files ?? []
    assert.deepEqual(await files(), [], 'nothing is collected')
    const left = async (): Promise<number> =>
      (await store.list(keysOf(prefix, 'request'))).items.length +
      (await store.list(keysOf(prefix, 'reply'))).items.length
    await waitFor(async () => (await left()) === 0, { what: 'requests and replies to go' })

    await agents[0]?.kill()
    const waiting = logctl(...asked, '--wait', '30s')
    await waitFor(async () => (await store.list(keysOf(prefix, 'request'))).items.length > 0, { what: 'the request' })
    await agents[0]?.restart()
    const later = await waiting
    assert.equal(later.code, 0, later.stdout + later.stderr)
    assert.match(later.stdout, /GET \/b/)
  },
)

test(
  'requests that are broken, huge, or mean the whole disk hold up no line, and the next good one is answered',
  { timeout: 90_000 },
  async (t) => {
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const prefix = `/${randomName('preview')}`
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
      await store.close()
    })
    const dir = LogDir.create(t)
    const topic = randomName('preview_log')
    const id = randomName('agent')
    const entry = { path: dir.file('*.log'), topic }
    await startAgent(t, { kafka: { brokers }, etcd: { endpoints, prefix }, id, entries: [entry] })
    const lines = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const { value } of readTopic({ brokers, topic })) found.push(String(value))
      return found
    }
    dir.appendLines('a.log', ['first'])
    await waitFor(async () => (await lines()).length === 1, { what: 'the first line' })

    const excludeLines = Array.from({ length: 100 }, (_, i) => `(x+x+)+y${i}`)
    const wide = { path: '/**', topic, excludeLines }
    const requests = [
      '{',
      '{"kind":"reboot"}',
      `[${' '.repeat(1_000_000)}]`,
      JSON.stringify({ kind: 'preview', by: 'x', waitMs: 60_000, files: 100, lines: 20, entries: [wide] }),
    ]
    for (let n = 0; n < 40; n++) await store.put(`${keysOf(prefix, 'request')}${id}/${n}`, requests[n % 4] ?? '')
    const written = Array.from({ length: 2_000 }, (_, i) => `line ${i}`)
    const began = performance.now()
    for (let i = 0; i < written.length; i += 20) dir.appendLines('a.log', written.slice(i, i + 20))
    await waitFor(async () => (await lines()).length > written.length, { what: 'all lines', deadlineMs: 10_000 })
    assert.ok(performance.now() - began < 10_000)
    assert.deepEqual(await lines(), ['first', ...written])

    for (const { key } of (await store.list(keysOf(prefix, 'request'))).items) await store.delete(key)
    const request = {
      by: 'ada',
      waitMs: 5_000,
      files: 5,
      lines: 1,
      lineBytes: 100,
      replyBytes: 131_072,
      entries: [entry],
    }
    const [asked] = await askAgents({ store, prefix, agents: [id], request }, t.signal)
    assert.ok(asked?.reply?.kind === 'preview')
    assert.equal(asked.reply.entries[0]?.files[0]?.lines[0]?.text, 'first')
  },
)
