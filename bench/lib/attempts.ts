import { describeError, isLogpipeError } from '@logpipe/runtime'
import type { FoundProgram } from '@logpipe/stack'

/** What came of a bench beside its figures. */
export interface Outcome {
  /** What was not measured and why, and what to know of a figure, in sentences. */
  notes: string[]
  /** Whether something failed that is ours; an opponent that cannot be had is no failure. */
  failed: boolean
}

/** Resolves to what the work gives; null where it failed, which is noted. Rejects when the bench is stopped. */
export type Attempt = <T>(what: string, work: () => Promise<T>) => Promise<T | null>

/** Attempts whose failures are noted in `outcome`, so that the others go on. */
export function attemptsOf(outcome: Outcome, signal: AbortSignal): Attempt {
  return async (what, work) => {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      outcome.failed = true
      outcome.notes.push(`${what} failed: ${describeError(error)}`)
      console.log(outcome.notes.at(-1))
      return null
    }
  }
}

/** A program to measure ourselves against; null, and a note, where it cannot be had. */
export async function findOpponent(
  find: (signal: AbortSignal) => Promise<FoundProgram>,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<FoundProgram | null> {
  try {
    return await find(signal)
  } catch (error) {
    if (!isLogpipeError(error, 'program_missing')) throw error
    outcome.notes.push(`${describeError(error)} Its figures are null.`)
    return null
  }
}

export interface Turns<Name extends string, Round> {
  names: readonly Name[]
  rounds: number
  /** Another one begins each round. */
  rotates?: boolean
  /** Null: it cannot take part. */
  play: (name: Name) => Promise<Round | null>
  /** A round in words. */
  say: (round: Round) => string
  attempt: Attempt
}

/** Rounds of all in turn, by name. Who failed once takes no further part. */
export async function takeTurns<Name extends string, Round>(
  { names, rounds, rotates = false, play, say, attempt }: Turns<Name, Round>,
  results: Partial<Record<Name, Round[]>>,
): Promise<void> {
  const out = new Set<Name>()
  for (let turn = 1; turn <= rounds; turn++) {
    for (const name of rotates ? rotated(names, turn - 1) : names) {
      if (out.has(name)) continue
      const round = await attempt(name, () => play(name))
      if (round === null) {
        out.add(name)
        continue
      }
      ;(results[name] ??= []).push(round)
      console.log(`Round ${turn} of ${rounds}: ${name}: ${say(round)}`)
    }
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % Math.max(1, list.length)
  return [...list.slice(from), ...list.slice(0, from)]
}
