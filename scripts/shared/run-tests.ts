import { globSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { checkout } from '@logpipe/stack'

export interface TestCounts {
  passed: number
  failed: number
}

/** Test processes at a time: they share two cores with the servers. */
const concurrency = 2
/** The longest that one test file may take. */
const fileMs = 15 * 60_000

/**
 * Runs the test files of globs, files and folders, each in a process of its own with `env` on top of ours, and prints node:test's report.
 * Resolves to its counts; what was cancelled counts as failed. An abort of `signal` ends the test processes.
 */
export async function runTests(
  patterns: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<TestCounts> {
  const files = globSync(patterns.map(below), { cwd: checkout, exclude: isMade }).toSorted()
  if (files.length === 0) {
    console.error(`No test file matches ${patterns.join(' ')}.`)
    return { passed: 0, failed: 1 }
  }
  Object.assign(process.env, env, { NODE_OPTIONS: '--conditions=logpipe-source' })
  const events = run({ files, cwd: checkout, concurrency, timeout: fileMs, signal })
  const counts: TestCounts = { passed: 0, failed: 0 }
  events.on('test:summary', ({ file, counts: { tests, passed, skipped, todo } }) => {
    if (file === undefined) Object.assign(counts, { passed, failed: tests - passed - skipped - todo })
  })
  const report = events.compose(new spec())
  report.pipe(process.stdout)
  await finished(report)
  return counts
}

/** A folder stands for all tests below it. */
function below(pattern: string): string {
  return statSync(join(checkout, pattern), { throwIfNoEntry: false })?.isDirectory()
    ? join(pattern, '**/*.test.ts')
    : pattern
}

function isMade(path: string): boolean {
  return ['node_modules', 'dist', '.local'].includes(basename(path))
}

/** The last line of a test run, for programs. */
export function summaryLine({ passed, failed }: TestCounts): string {
  return `${passed} passed, ${failed} failed`
}
