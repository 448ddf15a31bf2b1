import {
  askAgents,
  type Asked,
  type CollectEntry,
  maxMailBytes,
  parseDuration,
  previewLimits,
  type Registration,
} from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { count } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../entries/session.ts'
import { readFleet } from '../fleet/fleet.ts'
import type { Wish, WishPart } from './wish.ts'

export interface AskFlags {
  files: string
  lines: string
  wait: string
  maxAgents: string
}

/** How much is asked for. */
export interface AskLimits {
  files: number
  lines: number
  waitMs: number
  maxAgents: number
}

/** What one agent said of the entries that it would run. */
export interface Answered {
  registration: Registration
  asked: Asked
  /** What was tried, by id. */
  entries: ReadonlyMap<string, CollectEntry>
  isCanary: boolean
}

const mostAgents = 500
/** All replies of one preview together. */
const totalBytes = 64 * 1_048_576
const leastReplyBytes = 131_072
/** Bytes of a line that are shown; where it is parsed, what agents give at most. */
const shownBytes = 1_024

/** What the flags say. Throws `settings_invalid` where they cannot be. */
export function limitsOf(flags: AskFlags): AskLimits {
  return {
    files: whole('--files', flags.files, 1, previewLimits.files),
    lines: whole('--lines', flags.lines, 0, previewLimits.lines),
    waitMs: waitOf(flags.wait),
    maxAgents: whole('--max-agents', flags.maxAgents, 1, mostAgents),
  }
}

/**
 * Asks the live agents that are meant, each for the entries that it would run; in the order of their ids. Whom it leaves out it tells on stderr. Rejects
 * with `settings_invalid` where there are too many entries.
 */
export async function askMeant(
  { parts }: Wish,
  { maxAgents, ...limits }: AskLimits,
  isParsed: boolean,
  { store, prefix, output, by, signal }: StoreSession,
): Promise<Answered[]> {
  for (const { entries } of parts) {
    if (entries.length <= previewLimits.entries) continue
    const sentence = `There are ${count(entries.length)} entries; agents look at ${previewLimits.entries} at once at most. Give a file with some of them.`
    throw new LogpipeError('settings_invalid', sentence)
  }
  const fleet = await readFleet(store, prefix)
  const meant = fleet.flatMap(({ registration }): { registration: Registration; part: WishPart }[] => {
    const part = parts.find((one) => one.isMeant(registration))
    return part === undefined || part.entries.length === 0 ? [] : [{ registration, part }]
  })
  const chosen = meant.slice(0, maxAgents)
  if (chosen.length === 0) {
    const isNone = parts.every(({ entries }) => entries.length === 0)
    output.stderr.write(`logctl: ${isNone ? 'There is no entry to try' : 'No live agent is meant'}.\n`)
  }
  if (chosen.length < meant.length) {
    const sentence = `${count(chosen.length)} of the ${count(meant.length)} agents that are meant are asked; --max-agents asks more.`
    output.stderr.write(`logctl: ${sentence}\n`)
  }
  const replyBytes = Math.min(maxMailBytes, Math.max(leastReplyBytes, Math.floor(totalBytes / chosen.length)))
  const lineBytes = isParsed ? previewLimits.lineBytes : shownBytes
  const results = await Promise.all(
    parts.map(async (part) => {
      const agents = chosen.flatMap((one) => (one.part === part ? [one.registration.id] : []))
      const request = { by, ...limits, lineBytes, replyBytes, entries: part.entries }
      return await askAgents({ store, prefix, agents, request }, signal)
    }),
  )
  const byAgent = new Map(results.flat().map((asked) => [asked.agent, asked]))
  return chosen.flatMap(({ registration, part }) => {
    const asked = byAgent.get(registration.id)
    const entries = new Map(part.entries.map((entry): [string, CollectEntry] => [entry.id, entry]))
    return asked === undefined ? [] : [{ registration, asked, entries, isCanary: part.isCanary }]
  })
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new LogpipeError('settings_invalid', `${flag} is '${text}': write a whole number from ${least} to ${most}.`)
}

/** The time of --wait. Throws `settings_invalid` where it is none. */
export function waitOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms >= 100 && ms <= previewLimits.waitMs) return ms
  throw new LogpipeError('settings_invalid', `--wait is '${text}': write a time such as 10s, at most 60s.`)
}
