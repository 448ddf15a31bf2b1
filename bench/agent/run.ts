import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FoundProgram } from '@logpipe/stack'
import { attemptsOf, findOpponent, type Outcome, takeTurns } from '../lib/attempts.ts'
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

export interface Run extends Outcome {
  results: Results
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
  const attempt = attemptsOf(run, lab.signal)
  const wanted = contestantNames.filter((name) => [...only].some((kind) => contestantsOf[kind]?.includes(name)))
  const needs = (program: string): boolean => wanted.some((name) => name.startsWith(program))
  const opponent = async (find: (signal: AbortSignal) => Promise<FoundProgram>): Promise<FoundProgram | null> => {
    const found = await findOpponent(find, run, lab.signal)
    if (found !== null) run.opponents.push(versionOf(found))
    return found
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
    const play = (name: ContestantName): Promise<Round | null> => runContestant(name, field)
    await takeTurns({ names: wanted, rounds, play, say, attempt }, run.results.rounds)
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

function say({ linesPerSec, cpuPerMillion }: Round): string {
  const speed = Math.round(linesPerSec).toLocaleString('en')
  return `${speed} lines/s, ${cpuPerMillion.toFixed(2)} CPU-s per million`
}
