import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import process from 'node:process'
import { barRows } from './bars.ts'
import { clocks } from './method.ts'
import type { HeapReport } from './heap-profile.ts'
import type { Summary } from './summary.ts'
import { type Rows, contestantRows, describeHeap, heapRows } from './tables.ts'

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

/** Rows as a table in Markdown; the first is the heading, numbers stand right. */
export function markdownTable(rows: Rows): string {
  const [heading = [], ...body] = rows
  const cell = (value: string | number): string =>
    (typeof value === 'number' ? value.toLocaleString('en') : value).replaceAll('|', '\\|')
  const row = (values: readonly (string | number)[]): string => `| ${values.map(cell).join(' | ')} |`
  const rules = heading.map((_, column) => (body.some((values) => typeof values[column] === 'number') ? '---:' : '---'))
  return [row(heading), `|${rules.join('|')}|`, ...body.map(row)].join('\n')
}

function describeMachine(): string {
  const processors = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${memory} GiB, Linux ${release()}, Node.js ${process.versions.node}`
}

function commit(): string {
  const { stdout, status } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : 'unknown'
}
