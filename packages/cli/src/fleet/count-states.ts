import type { EntryStatus } from '@logpipe/config'

/** How many of what was reported is in each state. */
export function countStates(rows: readonly EntryStatus[]): { applied: number; failed: number; pending: number } {
  const counted = (state: EntryStatus['state']): number => rows.filter((row) => row.state === state).length
  return { applied: counted('APPLIED'), failed: counted('FAILED'), pending: counted('PENDING') }
}
