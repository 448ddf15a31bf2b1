import { offsetHeader, sourceHeader } from '@logpipe/config'
import { type FetchedBatch, TopicReader } from '@logpipe/kafka'
import { median } from '../lib/report.ts'
import type { Lab } from './lab.ts'
import { partitions } from './lab.ts'

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)
const passes = 7

/**
 * Records a second that one thread decodes: checksum, zstd, each record's place, timestamp and both headers found. The batches are in
 * memory as the broker sent them; the middle of several passes over all.
 */
export async function decodeRate({ cluster, topic, documents, signal }: Lab): Promise<number> {
  const batches = await fetchAll(cluster, topic, documents, signal)
  const rates: number[] = []
  for (let pass = 0; pass < passes; pass++) {
    const startedMs = performance.now()
    let records = 0
    let found = 0
    for (const batch of batches) {
      const cursor = await batch.open()
      while (cursor.next()) {
        records++
        if (cursor.findHeader(sourceName) && cursor.findHeader(offsetName)) found++
      }
      cursor.release()
    }
    rates.push(records / ((performance.now() - startedMs) / 1_000))
    if (records !== documents || found !== documents)
      throw new Error(`Of ${documents} records, ${records} were decoded and ${found} had both headers.`)
    signal.throwIfAborted()
  }
  return median(rates)
}

async function fetchAll(
  cluster: Lab['cluster'],
  topic: string,
  count: number,
  signal: AbortSignal,
): Promise<FetchedBatch[]> {
  const reader = new TopicReader(cluster, { maxPartitionBytes: 8 << 20 })
  const batches: FetchedBatch[] = []
  let records = 0
  const open = Array.from({ length: partitions }, (_, partition) => reader.open(topic, partition, 0))
  for (const partition of open) {
    for (
      let got = await partition.fetch(signal);
      got.length > 0 && records < count;
      got = await partition.fetch(signal)
    ) {
      batches.push(...got)
      records += got.reduce((sum, { recordCount }) => sum + recordCount, 0)
    }
  }
  return batches
}
