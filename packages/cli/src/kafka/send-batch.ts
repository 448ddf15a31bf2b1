import type { EncodedBatch, Producer } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'

/** A person waits. */
const sendMs = 60_000

/** Sends the batch and resolves when it is acknowledged. Rejects with `kafka_unavailable` where that takes more than a minute. */
export async function sendBatch(
  producer: Producer,
  topic: string,
  partition: number,
  batch: EncodedBatch,
  signal: AbortSignal,
): Promise<void> {
  try {
    await producer.send(topic, partition, batch, AbortSignal.any([signal, AbortSignal.timeout(sendMs)]))
  } catch (cause) {
    if (signal.aborted || !isLogpipeError(cause, 'aborted')) throw cause
    const why = producer.trouble(topic)?.message ?? 'it gives no reason.'
    const message = `Kafka took nothing for topic ${topic}, partition ${partition} within ${sendMs / 1_000} s: ${why}`
    throw new LogpipeError('kafka_unavailable', message, { cause, retriable: true })
  }
}
