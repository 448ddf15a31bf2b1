import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import {
  type AssignedPartition,
  Cluster,
  type ClusterOptions,
  GroupConsumer,
  partitionKey,
  Producer,
  RecordBatchEncoder,
} from '@logpipe/kafka'
import { forbid, setScramPassword } from '@logpipe/kafka/testing'
import { describeError, isLogpipeError, type Logger, silentLogger } from '@logpipe/runtime'
import {
  closeAfter,
  fileScope,
  randomName,
  type SecureKafka,
  startSecureKafka,
  waitFor,
  type Certificates,
  makeCertificates,
  serverName,
} from '@logpipe/testkit'
import { kafkaRefusals } from './kafka-refusals.ts'

const secret = 'n0t-to-be-seen'
const alice = { username: 'alice', password: secret }
const scram = { mechanism: 'SCRAM-SHA-512', ...alice } as const
/** No failure may take longer to be told. */
const deadlineMs = 8_000

/** What all tests of this file share: starting a broker takes seconds. */
const suite = fileScope(after)
let kafka: SecureKafka
let ways: Certificates

before(
  async () => {
    ways = await makeCertificates()
    const accounts = [{ name: 'alice', password: secret }]
    kafka = await startSecureKafka(suite, { ...ways, accounts, reauthMs: 3_000 })
  },
  { timeout: 120_000 },
)

type Access = Pick<ClusterOptions, 'tls' | 'sasl'> & { log?: Logger }

function clusterAt(t: TestContext, broker: string, access: Access = {}): Cluster {
  const cluster = new Cluster({ brokers: [broker], clientId: 'security-test', ...access })
  closeAfter(t, () => cluster.close())
  return cluster
}

async function freshTopic(t: TestContext): Promise<string> {
  const topic = randomName('secure')
  await clusterAt(t, kafka.plain).ensureTopic(topic, { partitions: 2, replication: 1 }, t.signal)
  return topic
}

/** Sends one record to the partition. */
async function send(producer: Producer, topic: string, partition: number): Promise<void> {
  const encoder = new RecordBatchEncoder(4_096)
  encoder.reset()
  encoder.appendRecord({ value: Buffer.from('a line') })
  await producer.send(topic, partition, await encoder.seal('none'))
}

/** How many records the topic's partitions hold, as told by the plain listener. */
async function counts(t: TestContext, topic: string): Promise<number[]> {
  const partitions = [0, 1].map((partition) => ({ topic, partition }))
  const ends = await clusterAt(t, kafka.plain).listOffsets(partitions, 'latest', t.signal)
  return partitions.map(({ partition }) => ends.get(partitionKey(topic, partition)) ?? -1)
}

/** A group of one that reads the topic and counts. */
class GroupReading {
  records = 0
  assignments = 0
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(cluster: Cluster, topic: string) {
    const group = new GroupConsumer(cluster, { group: topic, heartbeatMs: 200 })
    const onAssigned = (partitions: readonly AssignedPartition[]): void => {
      this.assignments++
      for (const partition of partitions) void this.#read(partition)
    }
    this.#running = group.run(
      { topics: [topic], onAssigned, onRevoked: async () => {}, onLost: () => {} },
      this.#stop.signal,
    )
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #read(partition: AssignedPartition): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const batches = await partition.fetch(signal).catch(() => [])
      for (const batch of batches) this.records += batch.recordCount
    }
  }
}

test('records are written by every way to sign in, over both connections that a producer has to a broker', async (t) => {
  const { ca, client } = ways
  const { cert, key } = client
  const all: [way: string, broker: string, access: Access][] = [
    ['PLAIN', kafka.sasl, { sasl: { mechanism: 'PLAIN', ...alice } }],
    ['SCRAM-SHA-256', kafka.sasl, { sasl: { mechanism: 'SCRAM-SHA-256', ...alice } }],
    ['SCRAM-SHA-512', kafka.sasl, { sasl: scram }],
    ['PLAIN over TLS', kafka.saslTls, { tls: { ca }, sasl: { mechanism: 'PLAIN', ...alice } }],
    ['SCRAM-SHA-512 over TLS', kafka.saslTls, { tls: { ca }, sasl: scram }],
    ['another name', kafka.saslTls.replace('127.0.0.1', 'localhost'), { tls: { ca, serverName }, sasl: scram }],
    ['a client certificate', kafka.tls, { tls: { ca, cert, key } }],
  ]
  for (const [way, broker, access] of all) {
    const topic = await freshTopic(t)
    const producer = new Producer(clusterAt(t, broker, access))
    closeAfter(t, () => producer.close())
    await Promise.all([send(producer, topic, 0), send(producer, topic, 1)])
    assert.deepEqual(await counts(t, topic), [1, 1], way)
  }
})

test('what is wrong with a sign-in or a certificate is told in time, to be tried again, and never with the password', async (t) => {
  for (const { name, at, access, code, says } of kafkaRefusals(kafka, ways, secret)) {
    const cluster = clusterAt(t, at, access)
    const error: unknown = await cluster.ping(AbortSignal.timeout(deadlineMs)).then(
      () => assert.fail(`${name}: the broker let us in`),
      (reason: unknown) => reason,
    )
    assert.ok(isLogpipeError(error, code), `${name}: ${inspect(error)}`)
    assert.equal(error.retriable, true, name)
    assert.match(describeError(error), says, name)
    assert.ok(describeError(error).includes(at), `${name}: says where`)
    // A PLAIN sign-in carries the password as it is.
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(secret), `${name}: tells the password`)
  }
})

test('a certificate or key that is none is refused before anything is asked', () => {
  for (const tls of [{ ca: 'x' }, { cert: ways.client.cert, key: ways.strangeClient.key }, { cert: 'x', key: 'x' }]) {
    assert.throws(
      () => new Cluster({ brokers: [kafka.tls], clientId: 'x', tls }),
      (error) => isLogpipeError(error, 'settings_invalid') && /key for Kafka \(`c/.test(error.message),
    )
  }
})

test('who waits with a wrong password is let in once the password is mended', { timeout: 30_000 }, async (t) => {
  const name = randomName('bob')
  const cluster = clusterAt(t, kafka.sasl, { sasl: { mechanism: 'SCRAM-SHA-256', username: name, password: secret } })
  const admin = clusterAt(t, kafka.plain)
  await setScramPassword(admin, 'SCRAM-SHA-256', name, 'another')
  const waits: string[] = []
  const mended = Promise.withResolvers<void>()
  await cluster.waitUntilUp((error) => {
    waits.push(error.message)
    setScramPassword(admin, 'SCRAM-SHA-256', name, secret).then(mended.resolve, mended.reject)
  }, t.signal)
  await mended.promise
  assert.equal(waits.length, 1)
})

test(
  'signing in again within the broker’s time costs no batch, no copy, no retry and no rebalance, under load',
  { timeout: 30_000 },
  async (t) => {
    const topic = await freshTopic(t)
    const warnings: string[] = []
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
    const cluster = clusterAt(t, kafka.reauth, { sasl: scram, log })
    const producer = new Producer(cluster)
    closeAfter(t, () => producer.close())
    const reading = new GroupReading(clusterAt(t, kafka.reauth, { sasl: scram, log }), topic)
    closeAfter(t, () => reading.stop())
    const until = performance.now() + 8_000
    const sent = [0, 0]
    const load = async (partition: 0 | 1): Promise<void> => {
      while (performance.now() < until) {
        await send(producer, topic, partition)
        sent[partition] = (sent[partition] ?? 0) + 1
      }
    }
    await Promise.all([load(0), load(0), load(0), load(1), load(1), load(1)])
    assert.deepEqual(await counts(t, topic), sent)
    assert.equal(producer.retries, 0)
    const all = (sent[0] ?? 0) + (sent[1] ?? 0)
    await waitFor(() => reading.records === all, { what: 'the group to read all' })
    await reading.stop()
    assert.equal(reading.assignments, 1)
    assert.deepEqual(warnings, [])
  },
)

test('rights taken on one topic stop that topic alone', async (t) => {
  const [open, closed] = [await freshTopic(t), await freshTopic(t)]
  const producer = new Producer(clusterAt(t, kafka.sasl, { sasl: scram }))
  closeAfter(t, () => producer.close())
  await Promise.all([send(producer, open, 0), send(producer, closed, 0)])
  const allow = await forbid(clusterAt(t, kafka.plain), 'User:alice', { kind: 'topic', name: closed }, 'write')
  await assert.rejects(send(producer, closed, 0), { code: 'kafka_topic_forbidden' })
  await send(producer, open, 0)
  await allow()
  await send(producer, closed, 0)
  assert.deepEqual(
    [await counts(t, open), await counts(t, closed)],
    [
      [2, 0],
      [2, 0],
    ],
  )
})

test(
  'after the broker was killed and started all connections sign in again, and each batch is there once',
  { timeout: 90_000 },
  async (t) => {
    const topic = await freshTopic(t)
    const producer = new Producer(clusterAt(t, kafka.saslTls, { tls: { ca: ways.ca }, sasl: scram }))
    closeAfter(t, () => producer.close())
    await Promise.all([send(producer, topic, 0), send(producer, topic, 1)])
    await kafka.server.kill()
    const sending = Promise.all([send(producer, topic, 0), send(producer, topic, 1)])
    await kafka.server.start()
    await sending
    assert.deepEqual(await counts(t, topic), [2, 2])
  },
)
