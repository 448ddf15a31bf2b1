import { median, rounded } from '../lib/report.ts'
import type { ContestantName } from './contestants.ts'
import type { HeapReport } from './heap-profile.ts'
import type { QuietFigures } from './quiet-files.ts'
import type { Round } from './round.ts'

/** All that a run measured. */
export interface Results {
  readonly rounds: Partial<Record<ContestantName, Round[]>>
  quiet: QuietFigures | null
  loadMs: number | null
  heap: HeapReport | null
}

/** The JSON line's keys, in order; a figure that was not measured is null. `more` holds what people may want beside them. */
export interface Summary {
  plain: {
    linesPerSec: number | null
    cpuPerMillion: number | null
    vsKcat: number | null
    cpuVsKcat: number | null
    vsRsyslog: number | null
  }
  zstd: { vsKcat: number | null }
  multiline: { vsPlain: number | null }
  regex: { vsPlain: number | null }
  gbk: { vsPlain: number | null }
  files100: { vsPlain: number | null }
  quiet10k: { corePercent: number | null; rssMiB: number | null }
  registry100k: { loadMs: number | null }
  more: {
    heapBytesPerLine: number | null
    /** Of those, in the loop over lines. */
    heapLoopBytesPerLine: number | null
    /** Of those, in the function that allocates most. */
    heapLargestSiteBytesPerLine: number | null
    contestants: Record<string, ContestantFigures>
  }
}

export interface ContestantFigures {
  linesPerSec: number
  cpuPerMillion: number
  rssMiB: number | null
  /** Lines a second of each round, in order. */
  rounds: number[]
}

/** Medians of the rounds, and their ratios. */
export function summarize({ rounds, quiet, loadMs, heap }: Results): Summary {
  const figure = (name: ContestantName, of: 'linesPerSec' | 'cpuPerMillion'): number | null => {
    const all = rounds[name]
    return all === undefined || all.length === 0 ? null : median(all.map((round) => round[of]))
  }
  const ratio = (name: ContestantName, other: ContestantName, of: 'linesPerSec' | 'cpuPerMillion'): number | null => {
    const [own, others] = [figure(name, of), figure(other, of)]
    return own === null || others === null || others === 0 ? null : rounded(own / others)
  }
  const vsPlain = (name: ContestantName): { vsPlain: number | null } => ({
    vsPlain: ratio(name, 'logagent plain', 'linesPerSec'),
  })
  const contestants: Record<string, ContestantFigures> = {}
  for (const [name, all] of Object.entries(rounds)) if (all.length > 0) contestants[name] = contestantFigures(all)
  return {
    plain: {
      linesPerSec: roundedOrNull(figure('logagent plain', 'linesPerSec')),
      cpuPerMillion: roundedOrNull(figure('logagent plain', 'cpuPerMillion')),
      vsKcat: ratio('logagent plain', 'kcat plain', 'linesPerSec'),
      cpuVsKcat: ratio('logagent plain', 'kcat plain', 'cpuPerMillion'),
      vsRsyslog: ratio('logagent plain', 'rsyslog plain', 'linesPerSec'),
    },
    zstd: { vsKcat: ratio('logagent zstd', 'kcat zstd', 'linesPerSec') },
    multiline: vsPlain('logagent multiline'),
    regex: vsPlain('logagent regex'),
    gbk: vsPlain('logagent gbk'),
    files100: vsPlain('logagent files100'),
    quiet10k: { corePercent: roundedOrNull(quiet?.corePercent ?? null), rssMiB: quiet?.rssMiB ?? null },
    registry100k: { loadMs: roundedOrNull(loadMs) },
    more: {
      heapBytesPerLine: roundedOrNull(heap?.bytesPerLine ?? null),
      heapLoopBytesPerLine: roundedOrNull(heap?.loopBytesPerLine ?? null),
      heapLargestSiteBytesPerLine: roundedOrNull(heap?.sites[0]?.bytesPerLine ?? null),
      contestants,
    },
  }
}

function contestantFigures(rounds: readonly Round[]): ContestantFigures {
  const memory = rounds.map(({ rssMiB }) => rssMiB).filter((mib) => mib !== null)
  return {
    linesPerSec: rounded(median(rounds.map(({ linesPerSec }) => linesPerSec))),
    cpuPerMillion: rounded(median(rounds.map(({ cpuPerMillion }) => cpuPerMillion))),
    rssMiB: memory.length === 0 ? null : rounded(median(memory)),
    rounds: rounds.map(({ linesPerSec }) => rounded(linesPerSec)),
  }
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value)
}
