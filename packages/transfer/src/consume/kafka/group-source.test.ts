import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName, waitFor } from '@logpipe/testkit'
import { Events } from '../../events.ts'
import { produce, testCluster, testTopic } from '../../test-kafka.ts'
import { lines, TestTransfer } from '../../test-transfer.ts'
import { testSource } from '../source.conformance.ts'
import { GroupSource, lettersNamed, selectTopics } from './group-source.ts'

const fast = {
  heartbeatMs: 100,
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  maxWaitMs: 50,
  logEndCheckMs: 200,
}
const deadLetterSuffix = '.dlq'

testSource('kafka', async (t) => {
  const cluster = testCluster(t)
  const topic = randomName('source')
  await testTopic(t, cluster, topic)
  const options = { ...fast, group: topic, topics: [topic], topicRefreshMs: 100, deadLetterSuffix }
  const events = new Events(silentLogger, createMetrics('test'))
  return {
    join: () => new GroupSource(cluster, options, events),
    append: (records) => produce(cluster, topic, 0, records),
  }
})

test('topics that match and come later are picked up', async (t) => {
  const cluster = testCluster(t)
  const prefix = randomName('glob')
  const assigned = new Set<string>()
  const options = { ...fast, group: prefix, topics: [`${prefix}*`], topicRefreshMs: 100, deadLetterSuffix }
  const source = new GroupSource(cluster, options, new Events(silentLogger, createMetrics('test')))
  const stop = new AbortController()
  const running = source.run(
    {
      onAssigned: (partitions) => partitions.forEach(({ topic }) => assigned.add(topic)),
      onRevoked: async () => {},
      onLost: () => {},
    },
    stop.signal,
  )
  closeAfter(t, async () => {
    stop.abort()
    await running
  })
  await testTopic(t, cluster, `${prefix}_a`)
  await waitFor(() => assigned.has(`${prefix}_a`), { what: 'the first topic' })
  await testTopic(t, cluster, `${prefix}_b.dlq`)
  await testTopic(t, cluster, `${prefix}_b`)
  await waitFor(() => assigned.has(`${prefix}_b`), { what: 'the second topic' })
  assert.deepEqual([...assigned], [`${prefix}_a`, `${prefix}_b`])
})

test('dead letters are never read, own topics only by their full name', () => {
  const all = ['app', 'app.dlq', 'logpipe.progress', 'web_log', 'web_log.dlq']
  const select = (...topics: string[]): string[] => selectTopics(all, { topics, deadLetterSuffix }).topics
  assert.deepEqual(select('*'), ['app', 'web_log'])
  assert.deepEqual(select('*_log'), ['web_log'])
  assert.deepEqual(select('*', '!web*', 'logpipe.progress'), ['app', 'logpipe.progress'])
  assert.deepEqual(select('web_log.dlq'), [])
})

test('a topic without room for the name of its dead letters is left out, and told', () => {
  const [long, fits] = ['t'.repeat(246), 't'.repeat(245)] as [string, string]
  assert.deepEqual(selectTopics([long, fits], { topics: ['t*'], deadLetterSuffix }), {
    topics: [fits],
    tooLong: [long],
  })
})

test('a topic that is named in full and taken for dead letters is told; what a glob leaves out is not', () => {
  const told = (...topics: string[]): string[] => lettersNamed({ topics, deadLetterSuffix })
  assert.deepEqual(told('web_log', 'orders.dlq', '*.dlq', '!other.dlq'), ['orders.dlq'])
  assert.deepEqual(told('*'), [])
})

test('what Kafka deleted unread is no lag and is passed by the commit, also where nothing comes after it', async (t) => {
  const cluster = testCluster(t)
  const topic = randomName('expired')
  await testTopic(t, cluster, topic)
  const options = { ...fast, group: topic, topics: [topic], topicRefreshMs: 100, deadLetterSuffix }
  const make = (): GroupSource => new GroupSource(cluster, options, new Events(silentLogger, createMetrics('test')))
  await produce(cluster, topic, 0, lines(0, 10))
  const at = { topic, partition: 0 }
  const committed = async (): Promise<number | undefined> =>
    (await cluster.committedOffsets(topic, [at], t.signal)).get(`${topic}:0`)?.offset
  const first = new TestTransfer(t, { source: make() })
  await waitFor(async () => (await committed()) === 10, { what: 'the first commit' })
  await first.stop()
  await produce(cluster, topic, 0, lines(10, 10))
  await cluster.deleteRecords(at, 20, t.signal)
  const { metrics } = new TestTransfer(t, { source: make() })
  await waitFor(async () => (await committed()) === 20, { what: 'the commit behind them', deadlineMs: 10_000 })
  await waitFor(async () => /test_lag_records\{[^}]*\} 0\n/.test(await metrics.text()), { what: 'no lag' })
})
