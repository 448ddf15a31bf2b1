import { rounded } from '../lib/report.ts'
import type { AgentsFigures } from './agents.ts'
import type { ProgressFigures } from './progress.ts'
import type { PutFigures } from './put-to-first-line.ts'
import type { Reconciled } from './reconcile.ts'

/** All that a run measured; what was not is null. */
export interface Results {
  put: PutFigures | null
  reconciled: Pick<Reconciled, 'ms' | 'changeMs'> | null
  fleet: AgentsFigures | null
  progress: ProgressFigures | null
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

/** What the agents' progress cost Kafka, and what ten times as many would by that. */
export function progressRows({ agents, seconds, ...figures }: ProgressFigures): Row[] {
  const { recordsPerSecond, bytesPerSecond, brokerCpu, brokerCpuAtRest, held, filesMs } = figures
  const percent = (part: number | null): number | string => (part === null ? 'not known' : rounded(part * 100))
  const own = brokerCpu === null || brokerCpuAtRest === null ? null : Math.max(0, brokerCpu - brokerCpuAtRest)
  const name = (count: number): string => count.toLocaleString('en')
  const row = (what: string, value: number): Row => [what, rounded(value), rounded(value * 10)]
  return [
    [`over ${seconds} s`, `${name(agents)} agents`, `× 10: ${name(agents * 10)}`],
    row('records a second', recordsPerSecond),
    row('KiB a second', bytesPerSecond / 1_024),
    row('bytes of a record', bytesPerSecond / recordsPerSecond).with(2, ''),
    ['% of a core, broker, at rest', percent(brokerCpuAtRest), ''],
    ['% of a core, broker, for these', percent(own), percent(own === null ? null : own * 10)],
    row('records in the topic', held.records),
    row('MiB of the topic', held.bytes / 2 ** 20),
    row('ms, logctl files', filesMs),
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
