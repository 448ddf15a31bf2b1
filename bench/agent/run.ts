import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describeError, isLogpipeError } from '@logpipe/runtime'
import type { FoundProgram } from '@logpipe/stack'
import { type ContestantName, type Field, contestantNames, contestantsOf, runContestant } from './contestants.ts'
import { heapRound } from './heap-round.ts'
import { findKcat } from './kcat.ts'
import type { Kind } from './kinds.ts'
import type { Lab } from './lab.ts'
import { quietRound } from './quiet-files.ts'
import { registryLoadMs } from './registry-load.ts'
import { findRsyslog } from './rsyslog.ts'
import type { Round } from './round.ts'
import type { Results } from './summary.ts'
import { versionOf } from './version.ts'
import { makeWorkloads } from './workloads.ts'

export interface RunOptions {
  only: ReadonlySet<Kind>
  lines: number
  rounds: number
  quietSeconds: number
}

export interface Run {
  results: Results
  /** What was not measured and why, in sentences. */
  notes: string[]
  /** Whether something failed that is ours; an opponent that cannot be had is no failure. */
  failed: boolean
  /** Names and versions of the opponents that took part. */
  opponents: string[]
}

/** Measures the kinds that are asked for. One that fails is noted in a sentence, and the others go on. */
export async function runAll(place: Omit<Lab, 'watched'>, options: RunOptions): Promise<Run> {
  const { only, lines, rounds, quietSeconds } = options
  const lab: Lab = { ...place, watched: join(place.folder, 'in') }
  const run: Run = {
    results: { rounds: {}, quiet: null, loadMs: null, heap: null },
    notes: [],
    failed: false,
    opponents: [],
  }
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    lab.signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      lab.signal.throwIfAborted()
      run.failed = true
      run.notes.push(`${what} failed: ${describeError(error)}`)
      console.log(run.notes.at(-1))
      return null
    }
  }

  const wanted = contestantNames.filter((name) => [...only].some((kind) => contestantsOf[kind]?.includes(name)))
  const needs = (program: string): boolean => wanted.some((name) => name.startsWith(program))
  const opponent = async (find: (signal: AbortSignal) => Promise<FoundProgram>): Promise<FoundProgram | null> => {
    try {
      const found = await find(lab.signal)
      run.opponents.push(versionOf(found))
      return found
    } catch (error) {
      if (!isLogpipeError(error, 'program_missing')) throw error
      run.notes.push(`${describeError(error)} Its figures are null.`)
      return null
    }
  }
  const files = join(lab.folder, 'files')
  mkdirSync(files)
  const field: Field = {
    lab,
    workloads: makeWorkloads(files, lines),
    kcat: needs('kcat') ? await opponent(findKcat) : null,
    rsyslog: needs('rsyslog') ? await opponent(findRsyslog) : null,
    source: '',
  }

  if (wanted.length > 0) {
    console.log('A round to warm up: a broker that has just started is half as fast.')
    await runContestant('logagent plain', field)
    await runRounds(field, wanted, rounds, run.results.rounds, attempt)
  }
  if (only.has('heap')) {
    console.log('Heap profile of a plain round …')
    run.results.heap = await attempt('heap', async () => heapRound(lab, await field.workloads.plain()))
  }
  if (only.has('quiet10k')) {
    console.log(`10,000 quiet files, watched for ${quietSeconds} s …`)
    run.results.quiet = await attempt('quiet10k', () => quietRound(lab, quietSeconds))
  }
  if (only.has('registry100k')) {
    console.log('A registry of 100,000 checkpoints …')
    run.results.loadMs = await attempt('registry100k', () => registryLoadMs(lab.folder))
  }
  return run
}

/** Rounds of all in turn. Who failed once takes no further part. */
async function runRounds(
  field: Field,
  wanted: readonly ContestantName[],
  rounds: number,
  results: Partial<Record<ContestantName, Round[]>>,
  attempt: <T>(what: string, work: () => Promise<T>) => Promise<T | null>,
): Promise<void> {
  const out = new Set<ContestantName>()
  for (let turn = 1; turn <= rounds; turn++) {
    for (const name of wanted) {
      if (out.has(name)) continue
      const round = await attempt(name, () => runContestant(name, field))
      if (round === null) {
        out.add(name)
        continue
      }
      ;(results[name] ??= []).push(round)
      const speed = Math.round(round.linesPerSec).toLocaleString('en')
      console.log(
        `Round ${turn} of ${rounds}: ${name}: ${speed} lines/s, ${round.cpuPerMillion.toFixed(2)} CPU-s per million`,
      )
    }
  }
}
