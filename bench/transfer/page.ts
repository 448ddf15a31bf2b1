import { commit, describeMachine, markdownTable } from '../lib/page.ts'
import { method } from './method.ts'
import type { Results, Summary } from './summary.ts'
import { barRows, contestantRows } from './tables.ts'

export interface PageInput {
  summary: Summary
  results: Results
  /** What was not measured and why, and what to know of a figure, in sentences. */
  notes: readonly string[]
  documents: number
  rounds: number
  /** Processes that wanted a core when the run began: other work on the machine. */
  loadBefore: number
}

/** The run as a page in Markdown, with machine, date and commit. */
export function renderPage({ summary, results, notes, documents, rounds, loadBefore }: PageInput): string {
  const list = (sentences: readonly string[]): string => sentences.map((sentence) => `- ${sentence}`).join('\n')
  const parts = [
    '# Benchmarks: the transfer',
    'Made by `npm run bench -- transfer --page docs/benchmarks-transfer.md`. Do not edit by hand.',
    list([
      describeMachine(),
      `${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
      `${documents.toLocaleString('en')} documents a round, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, medians; servers on the same machine, load ${loadBefore.toFixed(1)} before the run`,
    ]),
    '## What was asked, and what was measured',
    markdownTable(barRows(summary)),
    ...(notes.length > 0 ? [list(notes)] : []),
    '## Contestants',
    markdownTable(contestantRows(results)),
    '## How it is measured',
    list(method),
  ]
  return `${parts.join('\n\n')}\n`
}
