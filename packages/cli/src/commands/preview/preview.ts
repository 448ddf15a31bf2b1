import { askAgents, type CollectEntry, formatFaults, maxMailBytes, parseDuration, previewLimits } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { count, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { readFleet } from '../../fleet/fleet.ts'
import { jsonLine } from '../../output/json.ts'
import { answerText } from '../../preview/text.ts'
import { readWish, type WishFlags } from '../../preview/wish.ts'

export interface PreviewFlags extends WishFlags {
  files: string
  lines: string
  wait: string
  maxAgents: string
  json?: boolean
}

/** `partly`: somebody did not answer, or would not run it. `refused`: the entries are not sound, and why was printed. */
export type Previewed = 'shown' | 'partly' | 'refused'

const mostAgents = 500
const lineBytes = 1_024
/** All replies of one preview together. */
const totalBytes = 64 * 1_048_576
const leastReplyBytes = 131_072

/** `logctl preview`: asks live agents what entries would collect, and how the first lines would read; changes nothing. */
export async function preview(text: string | null, flags: PreviewFlags, session: StoreSession): Promise<Previewed> {
  const { store, prefix, output, by, signal } = session
  const limits = {
    files: whole('--files', flags.files, 1, previewLimits.files),
    lines: whole('--lines', flags.lines, 0, previewLimits.lines),
    waitMs: waitOf(flags.wait),
  }
  const maxAgents = whole('--max-agents', flags.maxAgents, 1, mostAgents)
  const wish = await readWish(text, flags, session)
  if ('faults' in wish) {
    output.stderr.write(`logctl: The entries are not sound:\n${formatFaults(wish.faults)}\n`)
    return 'refused'
  }
  if (wish.entries.length > previewLimits.entries) {
    const sentence = `There are ${count(wish.entries.length)} entries; agents look at ${previewLimits.entries} at once at most. Give a file with some of them.`
    throw new LogpipeError('settings_invalid', sentence)
  }
  const fleet = await readFleet(store, prefix)
  const meant = fleet.map(({ registration }) => registration).filter(wish.isMeant)
  const chosen = meant.slice(0, maxAgents)
  if (chosen.length === 0 || wish.entries.length === 0) {
    output.stderr.write(
      `logctl: ${wish.entries.length === 0 ? 'There is no entry to try' : 'No live agent is meant'}.\n`,
    )
    return 'partly'
  }
  if (chosen.length < meant.length) {
    const sentence = `${count(chosen.length)} of the ${count(meant.length)} agents that are meant are asked; --max-agents asks more.`
    output.stderr.write(`logctl: ${sentence}\n`)
  }
  const replyBytes = Math.min(maxMailBytes, Math.max(leastReplyBytes, Math.floor(totalBytes / chosen.length)))
  const request = { by, ...limits, lineBytes, replyBytes, entries: wish.entries }
  const results = await askAgents({ store, prefix, agents: chosen.map(({ id }) => id), request }, signal)
  const entries = new Map(wish.entries.map((entry): [string, CollectEntry] => [entry.id, entry]))
  let isAll = true
  for (const [index, asked] of results.entries()) {
    const registration = chosen[index]
    if (registration === undefined) continue
    const { reply } = asked
    if (reply?.kind !== 'preview' || reply.entries.some(({ refused }) => refused !== null)) isAll = false
    const shown =
      flags.json === true
        ? jsonLine({ agent: asked.agent, host: registration.host, ip: registration.ip, ...answerObject(reply) })
        : answerText({ registration, asked, entries, waitMs: limits.waitMs })
    await print(output, shown, signal)
  }
  return isAll ? 'shown' : 'partly'
}

type Reply = Awaited<ReturnType<typeof askAgents>>[number]['reply']

function answerObject(reply: Reply): { answered: boolean; refused: string | null; entries: unknown } {
  return {
    answered: reply !== null,
    refused: reply?.kind === 'refused' ? reply.reason : null,
    entries: reply?.kind === 'preview' ? reply.entries : null,
  }
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new LogpipeError('settings_invalid', `${flag} is '${text}': write a whole number from ${least} to ${most}.`)
}

function waitOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms >= 100 && ms <= previewLimits.waitMs) return ms
  throw new LogpipeError('settings_invalid', `--wait is '${text}': write a time such as 10s, at most 60s.`)
}
