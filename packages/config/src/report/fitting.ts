import type { AgentStatus, EntryStatus, TransferStatus } from '../status.ts'

/** etcd takes 1.5 MiB a write; a status is read by thousands. */
const maxStatusBytes = 262_144
/** For what else stands around the rows. */
const frameBytes = 1_024
/** Keys that take more are left out: a rollout then goes by the rows alone, as with agents that say nothing of keys. */
const maxKeysBytes = 65_536

/** The status as text; where it is too long, without rows that say nothing but that all is well. */
export function fitting(status: AgentStatus | TransferStatus): string {
  const text = JSON.stringify(status)
  if (Buffer.byteLength(text) <= maxStatusBytes) return text
  const rows = 'entries' in status ? status.entries : status.pipelines
  const rank = { FAILED: 0, PENDING: 1, APPLIED: 2 }
  const { keys = {}, ...others } = 'entries' in status ? status : { ...status, keys: undefined }
  const keysBytes = Buffer.byteLength(JSON.stringify(keys))
  const around = keysBytes > maxKeysBytes ? others : status
  let left = maxStatusBytes - frameBytes - (around === status ? keysBytes : 0)
  const kept = rows
    .toSorted((a, b) => rank[a.state] - rank[b.state])
    .filter((row) => (left -= Buffer.byteLength(JSON.stringify(row)) + 1) > 0)
  return JSON.stringify({ ...around, ...named(status, kept), omitted: rows.length - kept.length })
}

function named(status: AgentStatus | TransferStatus, rows: EntryStatus[]): object {
  return 'entries' in status ? { entries: rows } : { pipelines: rows }
}
