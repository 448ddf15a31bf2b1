import type { AgentsFigures } from './agents.ts'
import type { PutFigures } from './put-to-first-line.ts'
import type { Reconciled } from './reconcile.ts'

/** All that a run measured; what was not is null. */
export interface Results {
  put: PutFigures | null
  reconciled: Pick<Reconciled, 'ms' | 'changeMs'> | null
  fleet: AgentsFigures | null
}

type Row = (string | number)[]

/** The figures beside what was asked. */
export function barRows({ put, reconciled, fleet }: Results): Row[] {
  const row = (name: string, ms: number | undefined, most: number | null): Row[] => {
    if (ms === undefined) return []
    const value = Math.round(ms)
    return [[name, value, most === null ? '' : `≤ ${most}`, most === null ? '' : value <= most ? 'yes' : 'NO']]
  }
  return [
    ['figure', 'measured, ms', 'asked', 'met'],
    ...row('entry put → first line in Kafka, p99', put?.p99Ms, 1_000),
    ...row('p50', put?.p50Ms, null),
    ...row('longest', put?.maxMs, null),
    ...row('1,000 entries compiled and running', reconciled?.ms, 200),
    ...row('an edit of one of them', reconciled?.changeMs, null),
    ...row(`list of ${fleet?.agents.toLocaleString('en')} agents`, fleet?.listMs, 1_000),
  ]
}

/** What each phase of the fleet cost etcd. */
export function phaseRows({ phases }: AgentsFigures): Row[] {
  const heading = [
    'phase',
    's',
    'CPU-s',
    'Raft',
    'puts',
    'reads',
    'renewals',
    'watch answers',
    'KiB sent',
    'watchers',
    'MiB',
  ]
  return [
    heading,
    ...phases.map(({ name, seconds, etcd }) => [
      name,
      Number(seconds.toFixed(1)),
      Number(etcd.cpuSeconds.toFixed(2)),
      etcd.proposals,
      etcd.puts,
      etcd.reads,
      etcd.renewals,
      etcd.watchMessages,
      Math.round(etcd.sentBytes / 1_024),
      etcd.watchers,
      Math.round(etcd.residentMiB),
    ]),
  ]
}
