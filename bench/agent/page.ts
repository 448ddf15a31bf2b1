import { commit, describeMachine, markdownTable } from '../lib/page.ts'
import { barRows } from './bars.ts'
import { clocks } from './method.ts'
import type { HeapReport } from './heap-profile.ts'
import type { Summary } from './summary.ts'
import { contestantRows, describeHeap, heapRows } from './tables.ts'

export interface PageInput {
  summary: Summary
  heap: HeapReport | null
  /** What was not measured and why, in sentences. */
  notes: readonly string[]
  lines: number
  rounds: number
  /** Names and versions of the opponents. */
  opponents: readonly string[]
  /** Processes that wanted a core when the run began: other work on the machine. */
  loadBefore: number
}

/** The run as a page in Markdown, with machine, date and commit. */
export function renderPage({ summary, heap, notes, lines, rounds, opponents, loadBefore }: PageInput): string {
  const parts = [
    '# Benchmarks: the agent',
    'Made by `npm run bench -- agent --page docs/benchmarks.md`. Do not edit by hand.',
    [
      `- ${describeMachine()}`,
      `- ${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
      `- ${lines.toLocaleString('en')} lines a round, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, medians; broker on the same machine, load ${loadBefore.toFixed(1)} before the run`,
      ...opponents.map((opponent) => `- against ${opponent}`),
    ].join('\n'),
    '## What was asked, and what was measured',
    markdownTable(barRows(summary)),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join('\n')] : []),
    '## Contestants',
    markdownTable(contestantRows(summary)),
    ...(heap === null ? [] : ['## Allocations on the plain path', describeHeap(heap), markdownTable(heapRows(heap))]),
    '## How it is measured',
    clocks.map((clock) => `- ${clock}`).join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}
