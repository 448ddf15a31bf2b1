import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError, sleep } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { Producer } from '../producer/producer.ts'
import { RecordBatchEncoder } from '../record-batch/encoder.ts'
import { testCluster, testTopic, uniqueName } from '../test-cluster.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { GroupConsumer } from './group-consumer.ts'

// Odd time-outs: what is derived from them must be whole milliseconds.
const fast = {
  heartbeatMs: 100,
  sessionTimeoutMs: 6_001,
  rebalanceTimeoutMs: 10_001,
  maxWaitMs: 50,
  partitionCheckMs: 200,
}

async function produce(cluster: Cluster, topic: string, partition: number, values: readonly string[]): Promise<void> {
  const producer = new Producer(cluster)
  const encoder = new RecordBatchEncoder(1 << 20)
  encoder.reset()
  for (const value of values) assert.ok(encoder.appendRecord({ value: Buffer.from(value) }))
  await producer.send(topic, partition, await encoder.seal('zstd'))
  producer.close()
}

/** A member of a group that reads all it is given and commits what it has read when it is told to give it up. */
class Member {
  readonly read: string[] = []
  readonly owned = new Set<string>()
  readonly consumer: GroupConsumer
  lost = 0
  readonly #stop = new AbortController()
  readonly #workers = new Map<AssignedPartition, { stop: AbortController; done: Promise<void> }>()
  readonly #onChange = new Set<() => void>()
  readonly #running: Promise<void>

  constructor(
    t: TestContext,
    cluster: Cluster,
    group: string,
    topics: readonly string[],
    options = fast,
    commitsAtEnd = true,
  ) {
    this.consumer = new GroupConsumer(cluster, { group, ...options })
    this.#running = this.consumer.run(
      {
        topics,
        onAssigned: (partitions) => {
          for (const partition of partitions) {
            const stop = new AbortController()
            this.owned.add(partitionKey(partition.topic, partition.partition))
            this.#workers.set(partition, { stop, done: this.#work(partition, stop.signal) })
          }
          this.#changed()
        },
        onRevoked: async (partitions) => {
          for (const partition of partitions) await this.#end(partition, commitsAtEnd)
          this.#changed()
        },
        onLost: (partitions) => {
          this.lost += partitions.length
          for (const partition of partitions) void this.#end(partition, false)
          this.#changed()
        },
      },
      this.#stop.signal,
    )
    // Also after a red assertion: it would wait for its cluster, which is closed by then, for ever.
    t.after(() => this.stop())
  }

  async #work(partition: AssignedPartition, signal: AbortSignal): Promise<void> {
    let next = 0
    try {
      while (!signal.aborted) {
        for (const batch of await partition.fetch(signal)) {
          const cursor = await batch.open()
          while (cursor.next()) {
            if (cursor.offset < next) continue
            this.read.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
            next = cursor.offset + 1
          }
        }
        this.#changed()
      }
    } catch (error) {
      if (!isLogpipeError(error, 'aborted')) throw error
    }
  }

  async #end(partition: AssignedPartition, commit: boolean): Promise<void> {
    const worker = this.#workers.get(partition)
    if (worker === undefined) return
    this.#workers.delete(partition)
    worker.stop.abort()
    await worker.done
    if (commit && partition.position >= 0) await partition.commit(partition.position, 'reserved 7')
    this.owned.delete(partitionKey(partition.topic, partition.partition))
  }

  get partitions(): AssignedPartition[] {
    return [...this.#workers.keys()]
  }

  #changed(): void {
    for (const check of this.#onChange) check()
  }

  /** Resolves as soon as the condition holds; looked at after every change. */
  async until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const check = (): void => {
      if (condition()) resolve()
    }
    signal.addEventListener('abort', () => reject(new Error('the test ran out of time')), { once: true })
    this.#onChange.add(check)
    check()
    await promise.finally(() => this.#onChange.delete(check))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

function deadline(t: TestContext): AbortSignal {
  return AbortSignal.any([t.signal, AbortSignal.timeout(30_000)])
}

test('a member reads every partition, commits on leaving, and the next one goes on behind the commit', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster, 3)
  const group = uniqueName('group')
  for (const partition of [0, 1, 2]) await produce(cluster, topic, partition, [`a${partition}`, `b${partition}`])

  const first = new Member(t, cluster, group, [topic])
  await first.until(() => first.read.length === 6, deadline(t))
  assert.deepEqual(first.read.toSorted(), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'])
  await first.stop()
  const partitions = [0, 1, 2].map((partition) => ({ topic, partition }))
  const committed = await cluster.committedOffsets(group, partitions, t.signal)
  assert.deepEqual([...committed.values()], Array(3).fill({ offset: 2, metadata: 'reserved 7' }))

  await produce(cluster, topic, 1, ['c1'])
  const second = new Member(t, cluster, group, [topic])
  await second.until(() => second.read.length > 0, deadline(t))
  assert.deepEqual(second.read, ['c1'])
  await second.stop()
})

test('a second member takes its share, and the first one takes it back when it leaves', async (t) => {
  const cluster = testCluster(t)
  const other = testCluster(t)
  const topic = await testTopic(t, cluster, 4)
  const group = uniqueName('group')
  const first = new Member(t, cluster, group, [topic])
  await first.until(() => first.owned.size === 4, deadline(t))

  const second = new Member(t, other, group, [topic])
  await second.until(() => second.owned.size === 2, deadline(t))
  await first.until(() => first.owned.size === 2, deadline(t))
  assert.equal(new Set([...first.owned, ...second.owned]).size, 4)

  await second.stop()
  await first.until(() => first.owned.size === 4, deadline(t))
  assert.equal(first.lost, 0)
  await first.stop()
})

test('a member that was silent for longer than its session loses its partitions and can commit nothing', async (t) => {
  const cluster = testCluster(t)
  const other = testCluster(t)
  const topic = await testTopic(t, cluster, 1)
  await produce(cluster, topic, 0, ['a', 'b', 'c'])
  const group = uniqueName('group')
  // Heartbeats only after the session has run out: what a process does that hung for that long.
  const sleepy = new Member(t, cluster, group, [topic], { ...fast, heartbeatMs: 9_000 })
  await sleepy.until(() => sleepy.read.length === 3, deadline(t))
  const [zombie] = sleepy.partitions
  assert.ok(zombie)

  const heir = new Member(t, other, group, [topic])
  await heir.until(() => heir.read.length === 3, deadline(t))
  await assert.rejects(zombie.commit(1), { code: 'kafka_fenced' })
  await sleepy.until(() => sleepy.lost === 1, deadline(t))
  await assert.rejects(zombie.commit(1), { code: 'kafka_fenced' })

  await Promise.all([sleepy.stop(), heir.stop()])
  const committed = await cluster.committedOffsets(group, [{ topic, partition: 0 }], t.signal)
  assert.equal(committed.get(partitionKey(topic, 0))?.offset, 3)
})

test('a member keeps its partitions for longer than its session, by its heartbeats', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  const member = new Member(t, cluster, uniqueName('group'), [topic])
  await member.until(() => member.owned.size === 1, deadline(t))
  const [partition] = member.partitions
  await sleep(fast.sessionTimeoutMs + 1_000, t.signal)
  assert.equal(member.partitions[0], partition)
  assert.equal(member.lost, 0)
  await partition?.commit(1)
  await member.stop()
})

test('a topic added to the subscription is read without a restart', async (t) => {
  const cluster = testCluster(t)
  const topics = [await testTopic(t, cluster), await testTopic(t, cluster)]
  const member = new Member(t, cluster, uniqueName('group'), [topics[0] as string])
  await member.until(() => member.owned.size === 1, deadline(t))
  await produce(cluster, topics[1] as string, 0, ['new'])
  member.consumer.setTopics(topics)
  await member.until(() => member.read.includes('new'), deadline(t))
  await member.stop()
})

test('reading goes on at the oldest record where the committed position is not in the topic', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster)
  await produce(cluster, topic, 0, ['a', 'b'])
  const group = uniqueName('group')
  const member = new Member(t, cluster, group, [topic], fast, false)
  await member.until(() => member.read.length === 2, deadline(t))
  await member.partitions[0]?.commit(1_000)
  await member.stop()
  const next = new Member(t, cluster, group, [topic])
  await next.until(() => next.read.length === 2, deadline(t))
  assert.deepEqual(next.read, ['a', 'b'])
  await next.stop()
})
