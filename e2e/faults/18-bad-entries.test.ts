import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { buildKey, type FilesReport, openEtcdStore } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { forbid } from '@logpipe/kafka/testing'
import {
  assertConserved,
  closeAfter,
  fileScope,
  LineGenerator,
  LogDir,
  makeCertificates,
  Oracle,
  randomName,
  randomRun,
  readTopicLines,
  type SecureKafka,
  startAgent,
  startSecureKafka,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { EtcdRun } from '../lib/etcd-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { timeout } from './figures.ts'

const suite = fileScope(after)
const ip = '10.77.18.1'
const alice = { mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'n0t-to-be-seen' }
let kafka: SecureKafka

before(
  async () => {
    const accounts = [{ name: alice.username, password: alice.password }]
    kafka = await startSecureKafka(suite, { ...(await makeCertificates()), accounts })
  },
  { timeout: 120_000 },
)

test(
  'entries that cannot run are reported, each with its reason; one whose regex would run away elsewhere runs, and nobody waits',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t)
    const { run } = own
    const log = run.log('app.log')
    const evil = run.log('evil.log')
    // What would take longer than the universe is old, where a regex looks back.
    const trap = `# ${'a'.repeat(20_000)}!\n`
    const write = async (): Promise<void> => {
      log.write(50)
      evil.write(50)
      run.dir.append(evil.name, trap)
    }
    const bad = {
      wrong: { excludeLines: ['(unclosed'] },
      backwards: { excludeLines: ['(a)\\1'] },
      relative: { path: 'relative.log' },
      upwards: { path: `${run.dir.path}/../x.log` },
      topic: { topic: 'no/topic' },
      unknown: { topc: 'x' },
    }
    await whileWriting(write, async () => {
      await own.put([
        ...Object.entries(bad).map(([id, more]) => own.entry(id, more)),
        own.entry('evil', { excludeLines: ['^# (a+)+$', '^(a|a)*$', '# (x+x+)+y'] }),
        own.entry('app'),
      ])
      const { entries } = await own.says('two entries that run', ({ entries: rows }) => {
        return rows.filter(({ state }) => state === 'APPLIED').length === 2
      })
      const failed = entries.filter(({ state }) => state === 'FAILED')
      assert.equal(failed.length, Object.keys(bad).length, JSON.stringify(failed))
      for (const { error } of failed) assert.match(error ?? '', /\w+ \w+/)
      await run.begun(log, log.generator.count, 10_000)
      await run.begun(evil, evil.generator.count, 10_000)
    })
    await run.conserved({ fresh: log })
    await run.stop()
  },
)

test(
  'a topic that may not be written stops its entry alone, which says so; entries go on changing, and its lines come when the right is given',
  { timeout },
  async (t) => {
    const admin = new Cluster({ brokers: [kafka.plain], clientId: 'e2e' })
    closeAfter(t, () => admin.close())
    const [open, closed] = [randomName('open'), randomName('closed')]
    const run = randomRun()
    for (const topic of [open, closed]) {
      await admin.ensureTopic(topic, { partitions: 2, replication: 1 }, AbortSignal.timeout(20_000))
    }
    const allow = await forbid(admin, 'User:alice', { kind: 'topic', name: closed }, 'write')
    const dir = LogDir.create(t)
    const { etcdEndpoints: endpoints } = testServers()
    const prefix = `/${randomName('e2e')}`
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
    })
    const put = async (topics: Record<string, string>): Promise<void> => {
      const entries = Object.entries(topics).map(([id, topic]) => ({ id, topic, path: dir.file(`${id}.log`) }))
      await store.put(buildKey(prefix, { kind: 'host', ip }), JSON.stringify(entries))
    }
    const agent = await startAgent(t, {
      kafka: { brokers: [kafka.sasl], sasl: alice },
      etcd: { endpoints, prefix },
      ip,
    })
    const logs = ['open', 'closed', 'later'].map((name, file) => ({
      name: `${name}.log`,
      topic: name === 'closed' ? closed : open,
      generator: new LineGenerator({ run, file }),
    }))
    /** Whether all lines that were written by now are in this topic; throws where one is in twice, or is broken. */
    const isWhole = async (topic: string): Promise<boolean> => {
      const oracle = new Oracle(run)
      for (const log of logs) if (log.topic === topic) oracle.expect(log.generator.file, log.generator.count)
      const { missing, ...rest } = await oracle.check(readTopicLines({ brokers: [kafka.plain], topic }))
      assertConserved({ ...rest, missing: 0 })
      return missing === 0
    }
    const write = async (): Promise<void> => {
      for (const { name, generator } of logs) generator.appendTo(dir.file(name), 20)
    }
    const blocked = async (): Promise<boolean> => {
      const { files } = (await agent.get<FilesReport>('/files')).body
      const row = files.find(({ entry }) => entry === 'closed')
      return row?.state === 'blocked' && row.reason?.includes(closed) === true
    }
    await whileWriting(write, async () => {
      await put({ open, closed })
      await waitFor(blocked, { what: 'the file of the forbidden topic to be blocked', deadlineMs: 20_000 })
      for (let round = 0; round < 5; round++) await put({ open, closed, ...(round % 2 === 0 && { later: open }) })
      const later = dir.file('later.log')
      await waitFor(
        async () => {
          const { files } = (await agent.get<FilesReport>('/files')).body
          return files.some(({ path, acked }) => path === later && acked > 0)
        },
        { what: 'an entry that came later to be delivered', deadlineMs: 10_000 },
      )
      assert.equal(await blocked(), true)
    })
    await waitFor(() => isWhole(open), { what: 'all lines of the other entries', deadlineMs: 20_000 })
    await allow()
    await waitFor(() => isWhole(closed), { what: 'the lines that waited', deadlineMs: 20_000, everyMs: 200 })
    assert.equal(await agent.stop(), 0)
  },
)
