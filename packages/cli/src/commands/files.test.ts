import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { AgentProgress, FileProgress } from '@logpipe/config'
import { Cluster, encodeRecords, type PlainRecord, Producer } from '@logpipe/kafka'
import { closeAfter, randomName, testServers } from '@logpipe/testkit'
import { type Printed, runLogctl } from '../test-output.ts'
import { TestStore } from '../test-store.ts'

const brokers = testServers().kafkaBrokers

function file(path: string, more: Partial<FileProgress> = {}): FileProgress {
  const plain = { path, entry: 'e', topic: 't', identity: 'i', size: 1_000, read: 1_000, acked: 1_000, lagBytes: 0 }
  return { ...plain, state: 'idle', reason: null, ...more }
}

function said(agent: string, files: FileProgress[], more: Partial<AgentProgress> = {}): AgentProgress {
  return {
    agent,
    host: `${agent}.example`,
    ip: '10.0.0.1',
    at: new Date().toISOString(),
    nextMs: 300_000,
    registers: true,
    ended: false,
    totals: { files: files.length, lagBytes: 0, states: {} },
    files,
    omitted: 0,
    ...more,
  }
}

class TestProgress {
  readonly topic = randomName('logpipe.progress')
  readonly cluster = new Cluster({ brokers, clientId: 'test' })
  readonly #producer = new Producer(this.cluster)

  static async create(t: TestContext, partitions = 1): Promise<TestProgress> {
    const progress = new TestProgress()
    closeAfter(t, async () => {
      progress.#producer.close()
      await progress.cluster.deleteTopic(progress.topic, AbortSignal.timeout(10_000))
      await progress.cluster.close()
    })
    await progress.cluster.ensureTopic(progress.topic, { partitions, replication: 1 }, AbortSignal.timeout(20_000))
    return progress
  }

  async say(...records: AgentProgress[]): Promise<void> {
    for (const one of records) await this.put({ key: Buffer.from(one.agent), value: Buffer.from(JSON.stringify(one)) })
  }

  async put(record: PlainRecord, partition = 0): Promise<void> {
    await this.#producer.send(this.topic, partition, await encodeRecords([record], 'zstd'))
  }

  logctl(...args: string[]): Promise<Printed> {
    const env = { LOGCTL_KAFKA: brokers.join(','), LOGCTL_PROGRESS_TOPIC: this.topic }
    return runLogctl(['files', ...args], { env, isTerminal: true })
  }

  /** Paths of the rows, in order. */
  async paths(...args: string[]): Promise<unknown[]> {
    const { stdout } = await this.logctl('--json', ...args)
    const lines = stdout.split('\n').slice(0, -1)
    return lines.map((line) => (JSON.parse(line) as FileProgress).path)
  }
}

test('files shows what each agent said last, the worst first, and nothing that acts on a terminal', async (t) => {
  const progress = await TestProgress.create(t)
  await progress.say(
    said('web-1', [file('/old.log', { state: 'failed' })]),
    said('web-2', [file('/b.log')], { omitted: 290 }),
    said('web-1', [
      file('/a.log', { acked: 400, lagBytes: 600, state: 'active' }),
      file('/x\u001b[2J.log', { state: 'failed', reason: 'EACCES' }),
    ]),
  )
  await progress.put({ key: Buffer.from('web-3'), value: Buffer.from('not ours') })
  const { code, stdout, stderr } = await progress.logctl()
  assert.equal(code, 0, stderr)
  const [head, ...rows] = stdout.split('\n').slice(0, -1)
  assert.match(head ?? '', /^AGENT +SEEN +PATH +ENTRY +STATE +SIZE +READ +ACKED +LAG +REASON$/)
  assert.equal(rows.length, 3)
  assert.match(rows[0] ?? '', /^web-1 +\d+s +\/x\\e\[2J\.log +e +failed +1,000 +1,000 +1,000 +0 +EACCES$/)
  assert.match(rows[1] ?? '', /^web-1 +\d+s +\/a\.log +e +active +1,000 +1,000 +400 +600$/)
  assert.match(rows[2] ?? '', /^web-2 /)
  assert.equal(
    stderr,
    `Agents: 2. Files shown: 3 of 3. Not named by their agents, since they are better off: 290. Keys in ${progress.topic} that are no agent's: 1.\n`,
  )
})

test('files can be chosen by agent, host, path and state', async (t) => {
  const progress = await TestProgress.create(t)
  await progress.say(
    said('web-1', [file('/var/log/a.log'), file('/srv/b.log', { state: 'blocked', reason: 'why' })]),
    said('db-1', [file('/var/log/c.log')], { ip: '10.0.0.9' }),
  )
  assert.deepEqual(await progress.paths('--agent', 'db-1'), ['/var/log/c.log'])
  assert.deepEqual(await progress.paths('--host', 'web-1.example'), ['/srv/b.log', '/var/log/a.log'])
  assert.deepEqual(await progress.paths('--host', '10.0.0.9'), ['/var/log/c.log'])
  assert.deepEqual(await progress.paths('--path', '/var/*'), ['/var/log/a.log', '/var/log/c.log'])
  assert.deepEqual(await progress.paths('--state', 'blocked,failed'), ['/srv/b.log'])
  assert.deepEqual(await progress.paths('--limit', '1'), ['/srv/b.log'])
  const wrong = await progress.logctl('--state', 'well')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /'well' is no state of a file; known are active/)
})

test('of one key in several partitions the later record counts; a tombstone takes an agent away', async (t) => {
  const progress = await TestProgress.create(t, 2)
  const key = Buffer.from('web-1')
  const value = (one: AgentProgress): Buffer => Buffer.from(JSON.stringify(one))
  await progress.put({ key, value: value(said('web-1', [file('/new')], { at: '2026-11-21T07:00:01.000Z' })) }, 0)
  await progress.put({ key, value: value(said('web-1', [file('/old')], { at: '2026-11-21T07:00:00.000Z' })) }, 1)
  await progress.say(said('web-2', [file('/gone')]))
  await progress.put({ key: Buffer.from('web-2'), value: null }, 0)
  assert.deepEqual(await progress.paths(), ['/new'])
})

test('agents that are not registered any more are shown as ended or gone; --live leaves them out', async (t) => {
  const progress = await TestProgress.create(t)
  const own = await TestStore.open(t)
  const registration = { id: 'here', host: 'h', ip: '10.0.0.1', labels: {}, version: '1', pid: 1, address: 'a:1' }
  await own.put('agents/here', { ...registration, started: '' })
  await progress.say(
    said('here', [file('/here')]),
    said('left', [file('/left')], { ended: true }),
    said('killed', [file('/killed')]),
    said('alone', [file('/alone')], { registers: false }),
  )
  const args = ['--kafka', brokers.join(','), 'files', '--progress-topic', progress.topic]
  const { stdout } = await own.logctl(args)
  for (const row of [/^here +\d+s /m, /^left +ended \d+s /m, /^killed +gone \d+s /m, /^alone +\d+s /m])
    assert.match(stdout, row)
  const live = (await own.logctl([...args, '--live', '--json'])).stdout.split('\n').slice(0, -1)
  assert.deepEqual(
    live.map((line) => (JSON.parse(line) as { agent: string }).agent),
    ['alone', 'here'],
  )
})

test('where no agent has said anything, files says what that may mean and ends with 1', async () => {
  const env = { LOGCTL_KAFKA: brokers.join(',') }
  const { code, stderr } = await runLogctl(['files', '--progress-topic', randomName('none')], { env })
  assert.equal(code, 1)
  assert.match(stderr, /^logctl: There is no topic none_\w+: no agent has said yet how far its files are/)
})
