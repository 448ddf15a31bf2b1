import { type AgentReply, formatFaults, type ParsedLine, type PreviewLine } from '@logpipe/config'
import { escapeLines, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { jsonLine } from '../../output/json.ts'
import { type Answered, askMeant, type AskFlags, limitsOf } from '../../preview/ask.ts'
import { parseShown, type Tried } from '../../preview/parse.ts'
import { answerText } from '../../preview/text.ts'
import { readWish, type WishFlags } from '../../preview/wish.ts'

export interface PreviewFlags extends WishFlags, AskFlags {
  json?: boolean
}

/** `partly`: somebody did not answer, or would not run it, or what is tried could not parse a line. `refused`: the entries are not sound, and why was printed. */
export type Previewed = 'shown' | 'partly' | 'refused'

/**
 * `logctl preview`: asks live agents what entries would collect, and how the first lines would read, and a live transfer what those become whose entry names
 * a pipeline (with `tried`: all, by that one); changes nothing.
 */
export async function preview(
  text: string | null,
  flags: PreviewFlags,
  session: StoreSession,
  tried: Tried | null = null,
): Promise<Previewed> {
  const { output, signal } = session
  const limits = limitsOf(flags)
  const wish = await readWish(text, flags, session)
  if ('faults' in wish) {
    output.stderr.write(`logctl: The entries are not sound:\n${formatFaults(wish.faults)}\n`)
    return 'refused'
  }
  const isParsed = tried !== null || wish.parts.some((part) => part.entries.some((one) => one.pipeline !== undefined))
  const answers = await askMeant(wish, limits, isParsed, session)
  if (answers.length === 0) return 'partly'
  const { byLine, problems, isAnyAlive } = await parseShown(answers, tried, limits.waitMs, session)
  for (const problem of problems) output.stderr.write(`logctl: ${escapeLines(problem)}\n`)
  let isAll = problems.length === 0 || (!isAnyAlive && tried === null)
  for (const answered of answers) {
    const { reply } = answered.asked
    if (reply?.kind !== 'preview' || reply.entries.some(({ refused }) => refused !== null)) isAll = false
    const shown =
      flags.json === true
        ? jsonLine(answerObject(answered, byLine))
        : answerText({ ...answered, waitMs: limits.waitMs, parsed: byLine, isTried: tried !== null })
    await print(output, shown, signal)
  }
  const isBad = (one: ParsedLine): boolean => one.fate === 'unknown' || (one.fate === 'document' && !one.isParsed)
  return isAll && (tried === null || !Array.from(byLine.values()).some(isBad)) ? 'shown' : 'partly'
}

function answerObject(
  { registration: { host, ip }, asked: { agent, reply }, isCanary }: Answered,
  parsed: ReadonlyMap<PreviewLine, ParsedLine>,
): object {
  return {
    agent,
    host,
    ip,
    ...(isCanary && { canary: true }),
    answered: reply !== null,
    refused: reply?.kind === 'refused' ? reply.reason : null,
    entries: reply?.kind === 'preview' ? entriesOf(reply, parsed) : null,
  }
}

/** The entries, each line with what it becomes where that is known. */
function entriesOf(
  { entries }: Extract<AgentReply, { kind: 'preview' }>,
  parsed: ReadonlyMap<PreviewLine, ParsedLine>,
): object[] {
  const lineOf = (line: PreviewLine): object => {
    const found = parsed.get(line)
    return found === undefined ? line : { ...line, parsed: found }
  }
  return entries.map((row) => ({
    ...row,
    files: row.files.map((file) => ({ ...file, lines: file.lines.map(lineOf) })),
  }))
}
