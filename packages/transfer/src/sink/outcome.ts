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
])

/** Classifies one item of a bulk response by its status and, where there is one, the type of its error. */
export function fateOf(status: number, type: string): Fate {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 409) return 'existing'
  if (status === 429 || status >= 500 || retriableTypes.has(type)) return 'retry'
  return 'rejected'
}
