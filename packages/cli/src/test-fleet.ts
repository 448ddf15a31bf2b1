import type { EntryStatus, Registration } from '@logpipe/config'

/** The registration of an agent that lives; for tests. */
export function agent(id: string, ip: string, labels: Record<string, string> = {}): Registration {
  const started = '2026-11-21T05:00:00.000Z'
  return { id, host: `host-${id}`, ip, ips: [ip], labels, version: '0.1.0', pid: 1, address: `${ip}:9600`, started }
}

/** What an agent says of an entry: that it runs since `applied`, or why it does not. */
export function row(id: string, desired: number, applied: number | null, error: string | null = null): EntryStatus {
  const state = error !== null ? 'FAILED' : applied === desired ? 'APPLIED' : 'PENDING'
  return { id, desired, attempted: error === null ? applied : desired, applied, state, error }
}
