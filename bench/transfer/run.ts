import type { FoundProgram } from '@logpipe/stack'
import { attemptsOf, findOpponent, type Outcome, takeTurns } from '../lib/attempts.ts'
import { bareRound } from './bare-loop.ts'
import { decodeRate } from './decode.ts'
import type { Kind } from './kinds.ts'
import type { Lab, Round } from './lab.ts'
import { transferRound } from './logtransfer.ts'
import { findRsyslog, rsyslogRound } from './rsyslog.ts'
import type { Contestant, Results } from './summary.ts'
import { instancesRound, scaleNote } from './two-instances.ts'
import { warmUp } from './warm-up.ts'

export interface Run extends Outcome {
  results: Results
}

/** The contestants whose figures each kind needs, in the order of their turns. */
const contestantsOf: Record<Exclude<Kind, 'decode'>, readonly Contestant[]> = {
  plain: ['logtransfer plain', 'bulk limit', 'bare loop, JSON.stringify'],
  nginx: ['logtransfer plain', 'logtransfer nginx'],
  rsyslog: ['logtransfer plain', 'rsyslog', 'rsyslog, our mapping'],
  twoInstances: ['one instance', 'two instances'],
}

/** Measures the kinds that are asked for. One that fails is noted in a sentence, and the others go on. */
export async function runAll(lab: Lab, only: ReadonlySet<Kind>, rounds: number): Promise<Run> {
  const run: Run = { results: { rounds: {}, decodePerSec: null }, notes: [], failed: false }
  const attempt = attemptsOf(run, lab.signal)
  if (only.has('decode')) run.results.decodePerSec = await attempt('decode', () => decodeRate(lab))
  const rsyslog = only.has('rsyslog') ? await findOpponent(findRsyslog, run, lab.signal) : null
  const wanted = new Set([...only].flatMap((kind) => (kind === 'decode' ? [] : contestantsOf[kind])))
  if (wanted.size > 0 && !onlyInstances(only)) {
    await attempt('warm-up', () => warmUp(lab, () => transferRound(lab, false)))
  }
  const names = [...wanted].filter((name) => !name.startsWith('rsyslog') || rsyslog !== null)
  const play = (name: Contestant): Promise<Round> => runContestant(name, lab, rsyslog)
  // Each begins in its turn: who comes later would find a server that is warmer, or has more behind it.
  await takeTurns({ names, rounds, rotates: true, play, say, attempt }, run.results.rounds)
  const [one] = run.results.rounds['one instance'] ?? []
  const note = one === undefined ? null : scaleNote(one)
  if (note !== null) run.notes.push(note)
  return run
}

function onlyInstances(only: ReadonlySet<Kind>): boolean {
  return [...only].every((kind) => kind === 'twoInstances' || kind === 'decode')
}

function say({ docsPerSec, cpuPerMillion }: Round): string {
  const speed = Math.round(docsPerSec).toLocaleString('en')
  return `${speed} documents/s, ${cpuPerMillion.toFixed(2)} CPU-s per million`
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
    case 'rsyslog, our mapping':
      if (rsyslog === null) throw new Error('rsyslog cannot be had.')
      return await rsyslogRound(lab, rsyslog, name === 'rsyslog' ? 'own' : 'ours')
    case 'one instance':
      return await instancesRound(lab, 1)
    case 'two instances':
      return await instancesRound(lab, 2)
  }
}
