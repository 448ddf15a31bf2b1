import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { formatFaults, type ParsedLine, parseLimits, readPipelineText } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { count, escapeControls, escapeLines, fateText, print } from '@logpipe/runtime/terminal'
import { readInput } from '../../entries/input.ts'
import type { StoreSession } from '../../entries/session.ts'
import { jsonLine } from '../../output/json.ts'
import { type GivenLine, readGivenLines, sourcesOf } from '../../parse/given-lines.ts'
import { parseLines } from '../../parse/parse-lines.ts'
import { waitOf } from '../../preview/ask.ts'
import type { ReadStdin } from '../context.ts'
import { preview, type Previewed, type PreviewFlags } from '../preview/preview.ts'

export interface TryFlags extends PreviewFlags {
  file?: string
}

/** What stands behind the command. */
export interface TryArguments {
  /** The pipeline; absent: --file. */
  name?: string | undefined
  /** A file of lines. */
  lines?: string | undefined
  /** What nobody knows what to do with. */
  extra?: string | undefined
}

/** The topic of an entry that is only looked at: no line of it goes anywhere. */
const noTopic = 'none'

/**
 * `logctl pipelines try`: shows what a live transfer makes of lines by a pipeline that it knows, or by a draft; changes nothing. `partly`: a line could not be
 * parsed, or nobody could say it. Rejects with `settings_invalid` where it is not clear what is to be tried.
 */
export async function tryPipeline(
  { name, lines, extra }: TryArguments,
  flags: TryFlags,
  session: StoreSession,
  readStdin: ReadStdin,
): Promise<Previewed> {
  const { file, host, group, agent, path, topic } = flags
  const isLive = host !== undefined || group !== undefined || agent !== undefined
  if (extra !== undefined) throw invalid('Name a pipeline, or give one with --file; not both.')
  if (name === undefined && file === undefined) throw invalid('Which pipeline? Name one, or give one with --file.')
  if (isLive === (lines !== undefined)) {
    throw invalid('Which lines? Give a file (- for stdin), or --host, --group or --agent for those of live hosts.')
  }
  if (path !== undefined && !isLive) throw invalid('On which host is --path? Give --host, --group or --agent.')
  if (file === '-' && lines === '-') throw invalid('Pipeline and lines cannot both stand in stdin.')
  const by = file === undefined ? { name: name ?? '' } : { draft: await draftOf(file, readStdin) }
  if (lines !== undefined) return await tryGiven(lines, by, flags, session, readStdin)
  const tried = { ...by, hasTopic: topic !== undefined || path === undefined }
  return await preview(null, { ...flags, ...(path !== undefined && { topic: topic ?? noTopic }) }, session, tried)
}

async function tryGiven(
  file: string,
  by: { name: string } | { draft: unknown },
  { topic, wait, json }: TryFlags,
  session: StoreSession,
  readStdin: ReadStdin,
): Promise<Previewed> {
  const { output, signal } = session
  const waitMs = waitOf(wait)
  const { lines, isWhole } = await readGivenLines(file, readStdin)
  const about = {
    host: hostname(),
    ip: '127.0.0.1',
    path: file === '-' ? file : resolve(file),
    entry: 'try',
    ...(topic !== undefined && { topic }),
    ...('name' in by && { pipeline: by.name }),
  }
  if (!isWhole) output.stderr.write(`logctl: Only the first ${count(lines.length)} lines are tried.\n`)
  const draft = 'draft' in by ? { draft: by.draft } : {}
  const sources = sourcesOf(lines, about)
  const { sources: found, problems, isAnyAlive } = await parseLines({ sources, waitMs, ...draft }, session)
  for (const problem of problems) output.stderr.write(`logctl: ${escapeLines(problem)}\n`)
  if (!isAnyAlive) {
    output.stderr.write(
      'logctl: Without one, logtransfer pipeline test FILE --spec SPEC shows it on a host of its own.\n',
    )
  }
  if (problems.length > 0 && found.every((one) => one === null)) return 'partly'
  const parsed = found.flatMap(
    (one, index) => one?.lines ?? (sources[index]?.lines ?? []).map((): ParsedLine => unsaid),
  )
  const counts = { parsed: 0, dropped: 0, failed: 0 }
  for (const [index, line] of lines.entries()) {
    const told = tooLong(line) ?? parsed[index] ?? unsaid
    counts[outcomeOf(told)]++
    const shown = json === true ? jsonOf(line, told) : textOf(line, told)
    await print(output, shown, signal)
  }
  const summary = `${count(counts.parsed)} parsed, ${count(counts.dropped)} dropped, ${count(counts.failed)} could not be parsed`
  output.stderr.write(`${count(lines.length)} lines: ${summary}.\n`)
  return counts.failed > 0 ? 'partly' : 'shown'
}

const unsaid: ParsedLine = { fate: 'unknown', reason: 'No transfer said what it becomes.' }

function tooLong({ text }: GivenLine): ParsedLine | null {
  if (text.length <= parseLimits.lineLength) return null
  return { fate: 'unknown', reason: `It is longer than ${count(parseLimits.lineLength)} characters.` }
}

function outcomeOf(parsed: ParsedLine): 'parsed' | 'dropped' | 'failed' {
  if (parsed.fate === 'dropped') return 'dropped'
  return parsed.fate === 'document' && parsed.isParsed ? 'parsed' : 'failed'
}

function textOf({ number, text }: GivenLine, parsed: ParsedLine): string {
  return `${number}  ${escapeControls(text)}\n${fateText(text, parsed)}`
}

/** As `logtransfer pipeline test --json` shows it, and more. */
function jsonOf({ number: line, offset }: GivenLine, parsed: ParsedLine): string {
  return jsonLine({ line, offset, document: null, ...parsed })
}

/** The pipeline of a file, as it would be put. Throws `settings_invalid` with every fault at its line. */
async function draftOf(file: string, readStdin: ReadStdin): Promise<unknown> {
  const read = readPipelineText((await readInput(file, readStdin)) ?? '', file)
  if (read.ok) return JSON.parse(read.value.json) as unknown
  throw invalid(`The pipeline cannot work:\n${formatFaults(read.faults)}`)
}

function invalid(sentence: string): LogpipeError {
  return new LogpipeError('settings_invalid', sentence)
}
