import { describeError, isLogpipeError } from '@logpipe/runtime'
import type { FoundProgram } from '@logpipe/stack'
import { bareRound } from './bare-loop.ts'
import { decodeRate } from './decode.ts'
import type { Kind } from './kinds.ts'
import type { Lab, Round } from './lab.ts'
import { transferRound } from './logtransfer.ts'
import { findRsyslog, rsyslogRound } from './rsyslog.ts'
import type { Contestant, Results } from './summary.ts'
import { instancesRound, scaleNote } from './two-instances.ts'

export interface Run {
  results: Results
  /** What was not measured and why, and what to know of a figure, in sentences. */
  notes: string[]
  /** Whether something failed that is ours; an opponent that cannot be had is no failure. */
  failed: boolean
}

/** The contestants whose figures each kind needs, in the order of their turns. */
const contestantsOf: Record<Exclude<Kind, 'decode'>, readonly Contestant[]> = {
  plain: ['logtransfer plain', 'bulk limit', 'bare loop, JSON.stringify'],
  nginx: ['logtransfer plain', 'logtransfer nginx'],
  rsyslog: ['logtransfer plain', 'rsyslog'],
  twoInstances: ['one instance', 'two instances'],
}

const maxWarmUps = 6
/** Warm is a server that was not faster than that, compared with the round before. */
const warmFrom = 1.05

/** Measures the kinds that are asked for. One that fails is noted in a sentence, and the others go on. */
export async function runAll(lab: Lab, only: ReadonlySet<Kind>, rounds: number): Promise<Run> {
  const run: Run = { results: { rounds: {}, decodePerSec: null }, notes: [], failed: false }
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

  if (only.has('decode')) run.results.decodePerSec = await attempt('decode', () => decodeRate(lab))
  const rsyslog = only.has('rsyslog') ? await opponent(lab, run) : null
  const wanted = new Set([...only].flatMap((kind) => (kind === 'decode' ? [] : contestantsOf[kind])))
  if (wanted.size > 0 && !onlyInstances(only)) {
    await attempt('warm-up', () => warmUp(lab))
  }
  const out = new Set<Contestant>(rsyslog === null ? ['rsyslog'] : [])
  for (let turn = 1; turn <= rounds; turn++) {
    // Each begins in its turn: who comes later would find a server that is warmer, or has more behind it.
    for (const name of rotated([...wanted], turn - 1)) {
      if (out.has(name)) continue
      const round = await attempt(name, () => runContestant(name, lab, rsyslog))
      if (round === null) {
        // Who failed once takes no further part.
        out.add(name)
        continue
      }
      ;(run.results.rounds[name] ??= []).push(round)
      const speed = Math.round(round.docsPerSec).toLocaleString('en')
      const cpu = round.cpuPerMillion.toFixed(2)
      console.log(`Round ${turn} of ${rounds}: ${name}: ${speed} documents/s, ${cpu} CPU-s per million`)
    }
  }
  const [one] = run.results.rounds['one instance'] ?? []
  const note = one === undefined ? null : scaleNote(one)
  if (note !== null) run.notes.push(note)
  return run
}

/** Rounds until the server takes what it took the round before: one that has just started is half as fast, and gets there over minutes. */
async function warmUp(lab: Lab): Promise<void> {
  console.log('Rounds to warm the server up: one that has just started is half as fast.')
  let before = 0
  for (let round = 1; round <= maxWarmUps; round++) {
    await transferRound(lab, false)
    const { docsPerSec } = await bareRound(lab, true)
    console.log(`The bulk limit was ${Math.round(docsPerSec).toLocaleString('en')} documents/s.`)
    if (docsPerSec < before * warmFrom) return
    before = docsPerSec
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % Math.max(1, list.length)
  return [...list.slice(from), ...list.slice(0, from)]
}

function onlyInstances(only: ReadonlySet<Kind>): boolean {
  return [...only].every((kind) => kind === 'twoInstances' || kind === 'decode')
}

async function opponent({ signal }: Lab, run: Run): Promise<FoundProgram | null> {
  try {
    return await findRsyslog(signal)
  } catch (error) {
    if (!isLogpipeError(error, 'program_missing')) throw error
    run.notes.push(`${describeError(error)} Its figures are null.`)
    return null
  }
}

async function runContestant(name: Contestant, lab: Lab, rsyslog: FoundProgram | null): Promise<Round> {
  switch (name) {
    case 'logtransfer plain':
      return await transferRound(lab, false)
    case 'logtransfer nginx':
      return await transferRound(lab, true)
    case 'bulk limit':
      return await bareRound(lab, true)
    case 'bare loop, JSON.stringify':
      return await bareRound(lab, false)
    case 'rsyslog':
      if (rsyslog === null) throw new Error('rsyslog cannot be had.')
      return await rsyslogRound(lab, rsyslog)
    case 'one instance':
      return await instancesRound(lab, 1)
    case 'two instances':
      return await instancesRound(lab, 2)
  }
}
