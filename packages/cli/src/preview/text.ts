import type { EntryPreview, CollectEntry, ParsedLine, PreviewFile, PreviewLine } from '@logpipe/config'
import { count, escapeControls, fateText } from '@logpipe/runtime/terminal'
import type { Answered } from './ask.ts'

export interface ShownAnswer extends Answered {
  waitMs: number
  /** What lines become, as far as a transfer told it. */
  parsed?: ReadonlyMap<PreviewLine, ParsedLine>
  /** Whether a pipeline is tried that entries need not name. */
  isTried?: boolean
}

const nothing: ReadonlyMap<PreviewLine, ParsedLine> = new Map()

/** One agent's answer for people; nothing in it can act on a terminal. */
export function answerText(shown: ShownAnswer): string {
  const { registration, asked, entries, waitMs, isCanary, parsed = nothing, isTried = false } = shown
  const name = escapeControls(`${registration.id} (${registration.ip})${isCanary ? ', canary' : ''}`)
  const { reply } = asked
  if (reply === null) {
    return `${name} did not answer within ${waitMs / 1_000} s. Is it a version that knows previews, with etcd.requests on and the right to write replies/?\n`
  }
  if (reply.kind === 'refused') return `${name} refused: ${reply.reason.split('\n').map(escapeControls).join('\n  ')}\n`
  return reply.entries.map((row) => entryText(name, row, entries.get(row.id), parsed, isTried)).join('')
}

function entryText(
  name: string,
  row: EntryPreview,
  entry: CollectEntry | undefined,
  parsed: ReadonlyMap<PreviewLine, ParsedLine>,
  isTried: boolean,
): string {
  const what = entry === undefined ? row.id : `${row.id}: ${entry.path} → ${entry.topic}`
  const head = `${name}, entry ${escapeControls(what)}`
  if (row.refused !== null) return `${head}\n  refused: ${escapeControls(row.refused)}\n`
  const counts = [
    `${count(row.matched)} ${row.matched === 1 ? 'file' : 'files'}`,
    ...(row.ignoredCount > 0 ? [`${count(row.ignoredCount)} ignored`] : []),
    ...(row.isComplete ? [] : ['and perhaps more: not all folders were looked at in the time']),
  ]
  const isRaw = !isTried && !row.files.some(({ lines }) => lines.some((line) => parsed.has(line)))
  const notes = entry === undefined ? [] : notesOn(entry, isRaw)
  const isMeantParsed = isTried || entry?.pipeline !== undefined
  return [
    `${head}\n  ${counts.join(', ')}`,
    ...notes.map((note) => `  ${escapeControls(note)}`),
    ...row.files.map((file) => fileText(file, parsed, isMeantParsed && !isRaw)),
    ...more(row.matched - row.files.length, 'more'),
    ...row.ignored.map(({ path, reason }) => `  ignored: ${escapeControls(`${path}: ${reason}`)}`),
    ...more(row.ignoredCount - row.ignored.length, 'more ignored'),
    '',
  ].join('\n')
}

/** What a person may not expect. */
function notesOn({ enabled, startAt, pipeline }: CollectEntry, isRaw: boolean): string[] {
  return [
    ...(enabled ? [] : ['It is not enabled: nothing is collected until it is.']),
    ...(startAt === 'end' ? ['startAt is end: what these files hold already is not sent.'] : []),
    ...(pipeline !== undefined && isRaw
      ? [`Lines are shown as they are sent, before pipeline ${pipeline} parses them.`]
      : []),
  ]
}

function fileText(file: PreviewFile, parsed: ReadonlyMap<PreviewLine, ParsedLine>, isMeantParsed: boolean): string {
  const { path, size, modified, packed, lines, remark } = file
  const about = [path, `${count(size)} bytes${packed === null ? '' : ` (${packed})`}`, `last changed ${modified}`]
  const told = (['filtered', 'redacted', 'undecoded', 'unwrapped'] as const).flatMap((what) =>
    file[what] > 0 ? [`${count(file[what])} ${wordsFor[what]}`] : [],
  )
  return [
    `  ${escapeControls(about.join(', '))}`,
    ...lines.flatMap((line) => lineTexts(line, parsed.get(line), isMeantParsed)),
    ...(told.length > 0 ? [`    (${told.join(', ')})`] : []),
    ...(remark === null ? [] : [`    ${escapeControls(remark)}`]),
  ].join('\n')
}

/** A line as it is sent, and below it what it becomes. */
function lineTexts(line: PreviewLine, parsed: ParsedLine | undefined, isMeantParsed: boolean): string[] {
  const { text, isCut, isDeadLetter } = line
  const shown = `${text.split(/\r?\n/).map(escapeControls).join('\n      ')}${isCut ? ' …' : ''}`
  const head = `    ${isDeadLetter ? 'dead letter: ' : ''}${shown}`
  if (parsed !== undefined) return [head, fateText(text, parsed, '      = ').trimEnd()]
  return isMeantParsed && isCut && !isDeadLetter
    ? [head, '      = not tried: only its beginning is known here']
    : [head]
}

const wordsFor = {
  filtered: 'left out by filters',
  redacted: 'redacted',
  undecoded: 'characters that are none in its encoding',
  unwrapped: "lines not in the container's format",
}

function more(left: number, what: string): string[] {
  return left > 0 ? [`  and ${count(left)} ${what}`] : []
}
