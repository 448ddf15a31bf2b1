import type { Compression, EncodedBatch, PlainRecord } from '../types.ts'
import { RecordBatchEncoder } from './encoder.ts'

/** Room for what a record and its batch take beside key, value and headers. */
const overheadBytes = 256
/** The same for a header beside its name and value. */
const headerOverheadBytes = 10

/** Upper bound of what the record takes in a batch. */
export function recordBytes({ key, value, headers }: PlainRecord): number {
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers ?? []) {
    bytes += Buffer.byteLength(header.key) + (header.value?.length ?? 0) + headerOverheadBytes
  }
  return bytes
}

/** One batch of these records, at least one; for paths where a buffer a batch does no harm. */
export async function encodeRecords(records: readonly PlainRecord[], compression: Compression): Promise<EncodedBatch> {
  const encoder = new RecordBatchEncoder(records.reduce((sum, record) => sum + recordBytes(record), overheadBytes))
  encoder.reset()
  for (const record of records) {
    if (!encoder.appendRecord(record)) throw new RangeError('A record takes more room than was counted.')
  }
  return await encoder.seal(compression)
}

/** The records in groups of at most so many bytes, in order; one that is larger stands alone. */
export function groupByBytes<T>(items: readonly T[], bytesOf: (item: T) => number, maxBytes: number): T[][] {
  const groups: T[][] = []
  let bytes = Infinity
  for (const item of items) {
    const size = bytesOf(item)
    if (bytes + size > maxBytes) {
      groups.push([])
      bytes = 0
    }
    bytes += size
    groups.at(-1)?.push(item)
  }
  return groups
}
