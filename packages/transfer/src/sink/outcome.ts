/** What happens to one item next. */
export type Fate = 'accepted' | 'existing' | 'retry' | 'rejected'

/** The cluster's or the index's trouble, not the document's, whatever status it comes with. */
const retriableTypes = new Set([
  'cluster_block_exception',
  'es_rejected_execution_exception',
  'circuit_breaking_exception',
  'unavailable_shards_exception',
  'index_closed_exception',
  // The stream was deleted between its automatic creation and the write; the next request creates it again.
  'index_not_found_exception',
  // Rights are given and mended while we wait; dead letters would have to be brought back by hand.
  'security_exception',
  // The cluster refuses to make one more stream: a limit of its own, such as the number of shards.
  'validation_exception',
])

/**
 * The cluster's settings, though the type is one of documents: the same limit, where the refusal to make the stream is wrapped; an alias
 * whose indices are just being exchanged; an ingest pipeline that an index or template names, and that is missing.
 */
const settingsFault =
  /this action would add \[\d+\] shards|^no write index is defined for alias \[|^pipeline with id \[[^\]]*\] does not exist/

/** Classifies one item of a bulk response by its status and, where there is one, the type and reason of its error. */
export function fateOf(status: number, type: string, reason = ''): Fate {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 409) return 'existing'
  if (status === 429 || status >= 500 || retriableTypes.has(type) || settingsFault.test(reason)) return 'retry'
  return 'rejected'
}

/**
 * Whether an answer with the fate `retry` may be about this very document: an internal error, mostly passing, but some
 * documents meet it each time.
 */
export function isDoubtful(status: number, type: string): boolean {
  return status === 500 && !retriableTypes.has(type)
}

/** Whether an item was turned away since the cluster has too much to do; a full disk (429, too) is no matter of how much at once. */
export function isOverload(status: number, type: string): boolean {
  return status === 429 && type !== 'cluster_block_exception'
}
