import type { FetchedBatch } from '../record-batch/fetched-batch.ts'
import type { AbortedTransaction } from './fetch-request.ts'

/**
 * The batches that carry data: without control batches, and without those of transactions that were aborted. `aborted`
 * says from which offset on a producer's batches are void; the producer's next abort marker ends it.
 */
export async function withoutAborted(
  batches: readonly FetchedBatch[],
  aborted: readonly AbortedTransaction[],
): Promise<FetchedBatch[]> {
  if (aborted.length === 0) return batches.filter(({ isControl }) => !isControl)
  const starts = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  const kept: FetchedBatch[] = []
  for (const batch of batches) {
    while (starts[0] !== undefined && starts[0].firstOffset <= batch.lastOffset) {
      open.add((starts.shift() as AbortedTransaction).producerId)
    }
    if (batch.isControl) {
      if (await batch.isAbortMarker()) open.delete(batch.producerId)
    } else if (!batch.isTransactional || !open.has(batch.producerId)) {
      kept.push(batch)
    }
  }
  return kept
}
