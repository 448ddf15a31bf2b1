import { globSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { checkout } from '@logpipe/stack'

export interface TestCounts {
  passed: number
  failed: number
}

/** What became of one test, those within it included. */
export interface TestResult {
  file: string
  name: string
  passed: boolean
  ms: number
  /** What the test told beside its result: figures. */
  notes: string[]
}

export interface TestRun {
  /** Globs, files and folders. */
  patterns: string[]
  /** On top of our environment. */
  env: Record<string, string>
  signal: AbortSignal
  /** Runs each file so many times. */
  times?: number
  /** The longest that one test file may take. */
  fileMs?: number
}

/** Test processes at a time: they share two cores with the servers. */
const concurrency = 2
const usualFileMs = 15 * 60_000

/**
 * Runs test files, each in a process of its own, and prints node:test's report. Resolves to its counts and each test's result; what was
 * cancelled counts as failed. An abort of the signal ends the test processes.
 */
export async function runTests(options: TestRun): Promise<TestCounts & { results: TestResult[] }> {
  const { patterns, env, signal, times = 1, fileMs = usualFileMs } = options
  const files = globSync(patterns.map(below), { cwd: checkout, exclude: isMade }).toSorted()
  if (files.length === 0) {
    console.error(`No test file matches ${patterns.join(' ')}.`)
    return { passed: 0, failed: 1, results: [] }
  }
  Object.assign(process.env, env, { NODE_OPTIONS: '--conditions=logpipe-source' })
  const all = files.flatMap((file) => Array<string>(times).fill(file))
  const execArgv = [`--import=${new URL('end-of-tests.ts', import.meta.url).href}`]
  const events = run({ files: all, cwd: checkout, concurrency, timeout: fileMs, signal, execArgv })
  const counts: TestCounts = { passed: 0, failed: 0 }
  events.on('test:summary', ({ file, counts: { tests, passed, skipped, todo } }) => {
    if (file === undefined) Object.assign(counts, { passed, failed: tests - passed - skipped - todo })
  })
  const results = collectResults(events)
  const report = events.compose(new spec())
  report.pipe(process.stdout)
  await finished(report)
  return { ...counts, results }
}

/** Fills the list it returns with the results of whole tests, as they come. */
function collectResults(events: ReturnType<typeof run>): TestResult[] {
  const results: TestResult[] = []
  const lastOf = new Map<string, TestResult>()
  const add = (passed: boolean, data: { file?: string; name: string; nesting: number; details: object }): void => {
    if (data.nesting > 0 || data.file === undefined) return
    const ms = 'duration_ms' in data.details ? Number(data.details.duration_ms) : 0
    const result = { file: relative(checkout, data.file), name: data.name, passed, ms, notes: [] }
    lastOf.set(data.file, result)
    results.push(result)
  }
  events.on('test:pass', (data) => add(true, data))
  events.on('test:fail', (data) => add(false, data))
  // They come behind the result of their test.
  events.on('test:diagnostic', ({ file, message, nesting }) => {
    if (nesting === 0 && file !== undefined) lastOf.get(file)?.notes.push(message)
  })
  return results
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
