import type { FetchedBatch } from '../record-batch/fetched-batch.ts'
import type { AbortedTransaction } from './fetch-request.ts'

/**
 * The batches with those voided that carry no data: control batches, and those of transactions that were aborted. They stay in their place,
 * since whoever reads has to come past them: left out, what lies at the end of the log would count as unread for ever. `aborted` says from
 * which offset on a producer's batches are void; the producer's next abort marker ends it.
 */
export async function voidAborted(
  batches: readonly FetchedBatch[],
  aborted: readonly AbortedTransaction[],
): Promise<FetchedBatch[]> {
  const starts = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  const all: FetchedBatch[] = []
  for (const batch of batches) {
    while (starts[0] !== undefined && starts[0].firstOffset <= batch.lastOffset) {
      open.add((starts.shift() as AbortedTransaction).producerId)
    }
    const isAborted = batch.isTransactional && open.has(batch.producerId)
    if (open.size > 0 && (await batch.isAbortMarker())) open.delete(batch.producerId)
    all.push(batch.isControl || isAborted ? batch.voided() : batch)
  }
  return all
}
