import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEtcdStore } from '@logpipe/config'
import {
  closeAfter,
  KafkaProxy,
  LogDir,
  type Ran,
  randomName,
  runProgram,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { freshTopic } from './lib/fresh-topic.ts'
import { withoutPowers } from './lib/rights.ts'

const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()

/** A row of `logctl files --json`, as far as it is looked at here. */
interface Row {
  agent: string
  presence: string
  path: string
  state: string
  size: number
  acked: number
  reason: string | null
}

/** What agents say in this topic, as logctl shows it, by the file's name. */
class Shown {
  readonly #env: Record<string, string>

  constructor(progressTopic: string, prefix: string) {
    this.#env = {
      LOGCTL_KAFKA: brokers.join(','),
      LOGCTL_ETCD: endpoints.join(','),
      LOGCTL_ETCD_PREFIX: prefix,
      LOGCTL_PROGRESS_TOPIC: progressTopic,
    }
  }

  logctl(...args: string[]): Promise<Ran> {
    return runProgram('logctl', { args, env: this.#env })
  }

  async rows(): Promise<Map<string, Row>> {
    const { code, stdout, stderr } = await this.logctl('files', '--json')
    assert.equal(code, 0, stderr)
    const rows = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]))
    return new Map(rows.map((row) => [row.path.split('/').at(-1) ?? '', row]))
  }

  /** Waits until logctl shows of this file what is looked for. */
  async shows(name: string, what: string, look: (row: Row) => boolean): Promise<Row> {
    let last: Row | undefined
    const found = async (): Promise<Row | null> => {
      last = (await this.rows()).get(name)
      return last !== undefined && look(last) ? last : null
    }
    return waitFor(found, { what: `logctl files to show ${name} ${what}`, deadlineMs: 30_000, everyMs: 250 }).catch(
      (error: unknown) => assert.fail(`${String(error)} Last: ${JSON.stringify(last)}`),
    )
  }
}

test(
  'logctl files shows how far the files of a real agent are, and what has become of the agent',
  { timeout: 120_000 },
  async (t) => {
    const dir = LogDir.create(t)
    const topic = freshTopic(t)
    const [progressTopic, id, prefix] = [freshTopic(t), randomName('agent'), `/${randomName('e2e')}`]
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    dir.append('good.log', 'one\ntwo\n')
    dir.append('slow.log', 'a line\n'.repeat(10_000))
    dir.append('closed.log', 'secret\n')
    dir.setReadable('closed.log', false)
    const settings = {
      kafka: { brokers, progressTopic, progressMs: 200 },
      etcd: { endpoints, prefix, leaseMs: 2_000 },
      id,
      entries: [
        { id: 'plain', path: dir.file('good.log'), topic },
        { id: 'slow', path: dir.file('slow.log'), topic, rateLimit: { lines: 100 }, maxLineBytes: 100 },
        { id: 'closed', path: dir.file('closed.log'), topic },
      ],
    }
    const agent = await startAgent(t, settings, { via: withoutPowers })
    const shown = new Shown(progressTopic, prefix)
    await shown.shows('good.log', 'as acknowledged', ({ state, acked }) => state === 'idle' && acked === 8)
    const { size, acked } = await shown.shows('slow.log', 'as blocked', ({ state }) => state === 'blocked')
    assert.ok(size === 70_000 && acked < size, `${acked} of ${size}`)
    const { reason } = await shown.shows('closed.log', 'as failed', ({ state }) => state === 'failed')
    assert.match(reason ?? '', /no right to read it/)
    const table = (await shown.logctl('files')).stdout.split('\n')
    assert.match(table[1] ?? '', /closed\.log +closed +failed/, 'the worst comes first')
    dir.append('good.log', 'three\n')
    await shown.shows('good.log', 'with what was added', (row) => row.acked === 14 && row.presence === 'alive')

    await agent.kill()
    await shown.shows('good.log', 'as of an agent that is gone', ({ presence }) => presence === 'gone')
    dir.append('good.log', 'four\n')
    await agent.restart()
    await shown.shows('good.log', 'as read on', (row) => row.acked === 19 && row.presence === 'alive')
    dir.setReadable('closed.log', true)
    await shown.shows('closed.log', 'as read', (row) => row.acked === 7)
    assert.equal(await agent.stop(), 0)
    const last = await shown.shows('good.log', 'as of an agent that has ended', ({ presence }) => presence === 'ended')
    assert.deepEqual([last.agent, last.acked], [id, 19])
  },
)

test(
  'while Kafka is away the agent goes on, and says how far it is when Kafka is back; switched off, it says nothing',
  { timeout: 120_000 },
  async (t) => {
    const proxy = await KafkaProxy.start(t, brokers)
    const dir = LogDir.create(t)
    const topic = freshTopic(t)
    const progressTopic = freshTopic(t)
    const kafka = { brokers: proxy.addresses, progressTopic, progressMs: 200 }
    const entries = [{ path: dir.file('*.log'), topic }]
    dir.append('a.log', 'one\n')
    const agent = await startAgent(t, { kafka, entries, id: randomName('agent') })
    const shown = new Shown(progressTopic, '/none')
    await shown.shows('a.log', 'as acknowledged', ({ acked }) => acked === 4)
    await proxy.refuse()
    dir.append('a.log', 'two\n')
    await waitFor(async () => (await agent.get<{ files: Row[] }>('/files')).body.files[0]?.state === 'blocked', {
      what: 'the file to be blocked',
    })
    assert.equal((await shown.rows()).get('a.log')?.acked, 4, 'what it said last is still there')
    await proxy.heal()
    await shown.shows('a.log', 'with the rest', ({ acked, state }) => acked === 8 && state === 'idle')
    assert.equal(await agent.stop(), 0)

    const quiet = freshTopic(t)
    dir.append('a.log', 'three\n')
    const off = { ...kafka, progressTopic: quiet, progressMs: 0 }
    const other = await startAgent(t, { kafka: off, entries, id: randomName('agent') })
    await waitFor(async () => (await other.get<{ files: Row[] }>('/files')).body.files[0]?.acked === 14, {
      what: 'all to be acknowledged',
    })
    assert.equal(await other.stop(), 0)
    const { code, stderr } = await new Shown(quiet, '/none').logctl('files')
    assert.equal(code, 1)
    assert.match(stderr, /no agent has said yet how far its files are/)
  },
)
