import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { type EncodedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import type { BatchSender } from './producer.ts'

/** A sender for one test, a topic name of its own, and what the topic's partition 0 holds. */
export interface SenderUnderTest {
  sender: BatchSender
  topic: string
  values(): Promise<string[]>
  /** Bytes of the largest batch that the topic takes. */
  maxBatchBytes: number
}

async function batchOf(...values: string[]): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(4_194_304)
  encoder.reset()
  for (const value of values) assert.ok(encoder.appendRecord({ value: Buffer.from(value) }))
  return encoder.seal('none')
}

/** What every BatchSender promises. */
export function senderConformance(name: string, make: (t: TestContext) => Promise<SenderUnderTest>): void {
  suite(`sender: ${name}`, () => {
    test('a topic that is not there is made; batches arrive, those of one partition in order, with any acks', async (t) => {
      const { sender, topic, values } = await make(t)
      assert.ok((await sender.partitions(topic, t.signal)) > 0)
      for (const acks of ['all', 1] as const) {
        const target = { topic, partition: 0, acks }
        const batches = await Promise.all([batchOf('1', '2'), batchOf('3'), batchOf('4')])
        await Promise.all(batches.map((batch) => sender.send(target, batch, t.signal)))
      }
      assert.deepEqual(await values(), ['1', '2', '3', '4', '1', '2', '3', '4'])
    })

    test('a batch that is too large is refused with that code, and the next one is taken', async (t) => {
      const { sender, topic, values, maxBatchBytes } = await make(t)
      await sender.partitions(topic, t.signal)
      const target = { topic, partition: 0, acks: 'all' } as const
      const tooLarge = await batchOf('x'.repeat(maxBatchBytes))
      await assert.rejects(sender.send(target, tooLarge, t.signal), { code: 'kafka_record_too_large' })
      await sender.send(target, await batchOf('small'), t.signal)
      assert.deepEqual(await values(), ['small'])
    })

    test('after an abort it rejects with aborted', async (t) => {
      const { sender, topic } = await make(t)
      await sender.partitions(topic, t.signal)
      const sent = sender.send({ topic, partition: 0, acks: 'all' }, await batchOf('1'), AbortSignal.abort())
      await assert.rejects(sent, { code: 'aborted' })
    })
  })
}
