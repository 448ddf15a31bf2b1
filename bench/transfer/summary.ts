import { median, rounded } from '../lib/report.ts'
import type { Round } from './lab.ts'

export const contestants = [
  'logtransfer plain',
  'bulk limit',
  'bare loop, JSON.stringify',
  'logtransfer nginx',
  'rsyslog',
  'rsyslog, our mapping',
  'one instance',
  'two instances',
] as const
export type Contestant = (typeof contestants)[number]

/** All that a run measured. */
export interface Results {
  rounds: Partial<Record<Contestant, Round[]>>
  decodePerSec: number | null
}

/** The JSON line's keys, in order; a figure that was not measured is null. */
export interface Summary {
  plain: {
    docsPerSec: number | null
    vsBulkLimit: number | null
    cpuPerMillion: number | null
    cpuVsBareLoop: number | null
    vsRsyslog: number | null
  }
  nginx: { cpuVsPlain: number | null }
  decode: { recordsPerSec: number | null }
  twoInstances: { speedup: number | null }
  /** Beyond what is asked for. */
  more: { vsRsyslogWithOurMapping: number | null }
}

/** Medians of the rounds, and their ratios. */
export function summarize({ rounds, decodePerSec }: Results): Summary {
  const figure = (name: Contestant, of: keyof Round): number | null => {
    const all = rounds[name] ?? []
    return all.length === 0 ? null : median(all.map((round) => round[of]))
  }
  const ratio = (name: Contestant, other: Contestant, of: keyof Round): number | null => {
    const [own, others] = [figure(name, of), figure(other, of)]
    return own === null || others === null || others === 0 ? null : rounded(own / others)
  }
  return {
    plain: {
      docsPerSec: roundedOrNull(figure('logtransfer plain', 'docsPerSec')),
      vsBulkLimit: ratio('logtransfer plain', 'bulk limit', 'docsPerSec'),
      cpuPerMillion: roundedOrNull(figure('logtransfer plain', 'cpuPerMillion')),
      cpuVsBareLoop: ratio('logtransfer plain', 'bare loop, JSON.stringify', 'cpuPerMillion'),
      vsRsyslog: ratio('logtransfer plain', 'rsyslog', 'docsPerSec'),
    },
    nginx: { cpuVsPlain: ratio('logtransfer nginx', 'logtransfer plain', 'cpuPerMillion') },
    decode: { recordsPerSec: roundedOrNull(decodePerSec) },
    twoInstances: { speedup: ratio('two instances', 'one instance', 'docsPerSec') },
    more: { vsRsyslogWithOurMapping: ratio('logtransfer plain', 'rsyslog, our mapping', 'docsPerSec') },
  }
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value)
}
