import type { FetchedBatch, RecordCursor } from '@logpipe/kafka'

/** Why a record is put away. */
export interface DeathReason {
  type: string
  reason: string
  /** The step that failed: `sink` for what the sink refused, `pipeline` for what never came so far. */
  stage: 'sink' | 'pipeline'
  /** How often it was sent; 0 where it never was. */
  attempts: number
}

/** A record that will never be accepted, as it stands in Kafka, and why. */
export interface DeadLetter extends DeathReason {
  topic: string
  partition: number
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: { key: string; value: Buffer | null }[]
}

/** PORT: where rejected records rest. */
export interface DeadLetterSink {
  /**
   * Resolves once all letters, which are of one partition, are stored for good. Rejects when that is not sure: write them
   * again, some may then be there twice.
   */
  write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Makes letters of the records at these offsets (ascending) of a record batch, by opening it once more. */
export async function readLetters(
  batch: FetchedBatch,
  at: { topic: string; partition: number },
  deaths: readonly ({ offset: number } & DeathReason)[],
): Promise<DeadLetter[]> {
  const cursor = await batch.open()
  const letters: DeadLetter[] = []
  for (const death of deaths) {
    while (cursor.offset < death.offset && cursor.next());
    if (cursor.offset !== death.offset) throw new RangeError(`The batch has no record with offset ${death.offset}.`)
    letters.push({ ...at, ...death, ...partsOf(cursor) })
  }
  return letters
}

function partsOf(cursor: RecordCursor): Pick<DeadLetter, 'timestampMs' | 'key' | 'value' | 'headers'> {
  const { buffer, keyStart, keyEnd, valueStart, valueEnd, timestampMs } = cursor
  return {
    timestampMs,
    key: keyStart < 0 ? null : buffer.subarray(keyStart, keyEnd),
    value: valueStart < 0 ? null : buffer.subarray(valueStart, valueEnd),
    headers: cursor.headers(),
  }
}
