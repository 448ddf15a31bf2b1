import type { TopicPartition, TopicReader } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'

/** How long a partition may say nothing although there is more of it. */
const silenceMs = 30_000

/** A record with all its parts, and where it stands. */
export interface WholeRecord extends TopicPartition {
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: { key: string; value: Buffer | null }[]
}

/**
 * Yields the records of a partition from offset `from` up to, not including, `end`, as far as they are still there. Rejects with
 * `kafka_unavailable` where Kafka gives none for half a minute.
 */
export async function* readRecords(
  reader: TopicReader,
  { topic, partition }: TopicPartition,
  from: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<WholeRecord> {
  const opened = reader.open(topic, partition, from)
  let until = performance.now() + silenceMs
  while (opened.position < end) {
    const batches = await opened
      .fetch(AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]))
      .catch((error: unknown) => {
        if (signal.aborted || !isLogpipeError(error, 'aborted')) throw error
        return []
      })
    if (batches.length > 0) until = performance.now() + silenceMs
    else if (performance.now() > until) throw silent(topic, partition, opened.position)
    for (const batch of batches) {
      const cursor = await batch.open()
      while (cursor.next()) {
        if (cursor.offset < from) continue
        if (cursor.offset >= end) return
        const { buffer, offset, timestampMs, keyStart, keyEnd, valueStart, valueEnd } = cursor
        yield {
          topic,
          partition,
          offset,
          timestampMs,
          key: keyStart < 0 ? null : buffer.subarray(keyStart, keyEnd),
          value: valueStart < 0 ? null : buffer.subarray(valueStart, valueEnd),
          headers: cursor.headers(),
        }
      }
    }
  }
}

function silent(topic: string, partition: number, position: number): LogpipeError {
  const message = `Topic ${topic}, partition ${partition} cannot be read on from offset ${position}: Kafka gives nothing.`
  return new LogpipeError('kafka_unavailable', message, { retriable: true })
}
