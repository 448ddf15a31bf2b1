import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { sleep } from '@logpipe/runtime'
import type { ServerHandle, Stack } from '@logpipe/stack'
import { closeAfter, readTopic } from '@logpipe/testkit'
import { ownStack } from './lib/own-stack.ts'

const topic = 'leader_loss'
const partitions = 3
const recordsPerBatch = 50
/** Batches of one partition that wait for their acknowledgement. */
const maxUnderWay = 8

/** Sends numbered records to one partition, without a pause, until told to stop; then waits until all are acknowledged. */
class Writer {
  readonly partition: number
  sent = 0
  readonly #producer: Producer
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(producer: Producer, partition: number) {
    this.#producer = producer
    this.partition = partition
  }

  async write(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const encoder = new RecordBatchEncoder(10_000)
      encoder.reset()
      for (let i = 0; i < recordsPerBatch; i++) encoder.appendRecord({ value: Buffer.from(String(this.sent++)) })
      const batch = await encoder.seal('none')
      const sent = this.#producer.send(topic, this.partition, batch).finally(() => this.#underWay.delete(sent))
      this.#underWay.add(sent)
      if (this.#underWay.size >= maxUnderWay) await Promise.race(this.#underWay)
      await sleep(1, stop).catch(() => undefined)
    }
    await Promise.all(this.#underWay)
  }
}

async function leaderOf(cluster: Cluster, stack: Stack, partition: number): Promise<ServerHandle> {
  await cluster.metadata.refresh([topic])
  const leader = cluster.metadata.cached(topic)?.partitions[partition]?.leader ?? -1
  const address = cluster.metadata.broker(leader)
  const handle = stack.kafka[stack.addresses.kafka.brokers.indexOf(`${address?.host}:${address?.port}`)]
  assert.ok(handle, `partition ${partition} has a leader`)
  return handle
}

test(
  'the producer writes each record once and in order while one leader is killed and the next one hangs',
  { timeout: 180_000 },
  async (t) => {
    const stack = await ownStack(t, { services: ['kafka'], brokers: 3 })
    const cluster = new Cluster({ brokers: stack.addresses.kafka.brokers, clientId: 'e2e' })
    closeAfter(t, () => cluster.close())
    await cluster.ensureTopic(topic, { partitions, replication: 3 }, t.signal)
    const producer = new Producer(cluster)
    closeAfter(t, () => producer.close())
    const writers = Array.from({ length: partitions }, (_, partition) => new Writer(producer, partition))
    const stop = new AbortController()
    const writing = Promise.all(writers.map((writer) => writer.write(stop.signal)))

    await sleep(1_000, t.signal)
    const killed = await leaderOf(cluster, stack, 0)
    await killed.kill('SIGKILL')
    await sleep(3_000, t.signal)
    await killed.start()

    const hung = await leaderOf(cluster, stack, 1)
    hung.pause()
    // Longer than the controller waits before it gives the partitions to others.
    await sleep(12_000, t.signal)
    hung.resume()
    stop.abort()
    await writing

    assert.ok(producer.retries > 0, 'the faults hit what was under way')
    const next = new Array<number>(partitions).fill(0)
    for await (const { partition, value } of readTopic({ brokers: stack.addresses.kafka.brokers, topic })) {
      assert.equal(
        Number(value),
        next[partition],
        `partition ${partition} goes on in order, nothing twice, nothing left out`,
      )
      next[partition] = (next[partition] ?? 0) + 1
    }
    assert.deepEqual(
      next,
      writers.map(({ sent }) => sent),
    )
  },
)
