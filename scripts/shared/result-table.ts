import { basename } from 'node:path'
import type { TestResult } from './run-tests.ts'

/** Test results as a table for people: one line each, with what the test told. */
export function resultTable(results: readonly TestResult[]): string {
  const rows = results.map(({ file, name, passed, ms, notes }) => [
    passed ? 'ok' : 'FAILED',
    `${(ms / 1_000).toFixed(1)} s`,
    basename(file, '.test.ts'),
    name,
    notes.join('; '),
  ])
  const all = [['result', 'time', 'file', 'test', 'figures'], ...rows]
  const widths = all.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), [])
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
