import { change, formatFaults, type Standing } from '@logpipe/config'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { escapeControls, print } from '@logpipe/runtime/terminal'
import { diffLines } from '../output/diff.ts'
import { jsonLine, prettyJson } from '../output/json.ts'
import { valueProblems } from '../validate/value-problems.ts'
import type { StoreSession } from './session.ts'
import { commandsOf, contentOf, nameOf } from './target.ts'

export interface ApplyFlags {
  dryRun?: boolean
  yes?: boolean
  note?: string
  json?: boolean
}

/** `refused`: the value is not sound, and why was printed. `declined`: a person said no. */
export type Applied = 'written' | 'unchanged' | 'dry' | 'declined' | 'refused'

/**
 * Shows what would change, asks where `question` is given (and --yes is not), and changes it. Rejects with a sentence that says what to do where someone
 * else was faster.
 */
export async function apply(
  standing: Standing,
  to: string | null,
  flags: ApplyFlags,
  session: StoreSession,
  question?: string,
): Promise<Applied> {
  const { output, store, prefix, by, ask, signal } = session
  const faults = to === null ? [] : valueProblems(standing.target, to, standing.key)
  if (faults.length > 0) {
    output.stderr.write(`logctl: Nothing was written to ${nameOf(standing.target)}:\n${formatFaults(faults)}\n`)
    return 'refused'
  }
  const isUnchanged = (standing.value === null ? null : pretty(standing.value)) === (to === null ? null : pretty(to))
  if (isUnchanged) return await tell('unchanged')
  const diff = diffText(standing.value, to)
  if (flags.dryRun === true) {
    if (flags.json !== true) await print(output, diff)
    return await tell('dry')
  }
  const isAsking = question !== undefined && flags.yes !== true
  if (isAsking && ask === undefined) {
    throw new LogpipeError('settings_invalid', 'Nobody can be asked here: give --yes.')
  }
  if (isAsking || (output.isTerminal && flags.json !== true)) output.stderr.write(diff)
  if (isAsking && ask !== undefined) {
    const answer = await ask(`${question} [y/N] `, signal)
    if (!/^y(es)?$/i.test(answer.trim())) {
      output.stderr.write('logctl: Nothing was changed.\n')
      return 'declined'
    }
  }
  try {
    await change(store, prefix, standing, to, { by, note: flags.note ?? '', atMs: Date.now() })
  } catch (cause) {
    if (!isLogpipeError(cause, 'etcd_conflict')) throw cause
    const sentence = `Someone else has changed ${contentOf(standing.target)} in the meantime, and nothing was written. Look at what stands there now (${commandsOf(standing.target)} get, history) and do it again.`
    throw new LogpipeError('etcd_conflict', sentence, { cause })
  }
  return await tell('written')

  async function tell(result: Applied): Promise<Applied> {
    const { key, value: from, target } = standing
    const words = {
      written: to === null ? 'Deleted' : 'Written',
      unchanged: 'Nothing to change',
      dry: 'Nothing was changed',
    }
    const text =
      flags.json === true
        ? jsonLine({ key, result, from, to })
        : `${words[result as keyof typeof words]}: ${nameOf(target)}.\n`
    await print(output, text)
    return result
  }
}

/** What is different between two values, as people read them; nothing in it can act on a terminal. */
export function diffText(from: string | null, to: string | null): string {
  const lines = diffLines(from === null ? '' : pretty(from), to === null ? '' : pretty(to))
  return lines.map((line) => `${line}\n`).join('')
}

/** A value as people read it; what is not JSON as it is, but for what a terminal would obey. */
export function pretty(value: string): string {
  return prettyJson(value) ?? `${value.split('\n').map(escapeControls).join('\n')}\n`
}
