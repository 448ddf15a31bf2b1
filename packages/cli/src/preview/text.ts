import type { Asked, CollectEntry, EntryPreview, PreviewFile, Registration } from '@logpipe/config'
import { count, escapeControls } from '@logpipe/runtime/terminal'

/** What a pipeline would make of a line, as text; null where it cannot be told here. */
export type ParseLine = (pipeline: string, line: string) => string | null

export interface ShownAnswer {
  registration: Registration
  asked: Asked
  /** What was tried, by id. */
  entries: ReadonlyMap<string, CollectEntry>
  waitMs: number
  /** Where pipelines can be tried; without it lines are shown as they would be sent. */
  parse?: ParseLine
}

/** One agent's answer for people; nothing in it can act on a terminal. */
export function answerText({ registration, asked, entries, waitMs, parse = () => null }: ShownAnswer): string {
  const name = escapeControls(`${registration.id} (${registration.ip})`)
  const { reply } = asked
  if (reply === null) {
    return `${name} did not answer within ${waitMs / 1_000} s. Is it a version that knows previews, with etcd.requests on and the right to write replies/?\n`
  }
  if (reply.kind === 'refused') return `${name} refused: ${reply.reason.split('\n').map(escapeControls).join('\n  ')}\n`
  return reply.entries.map((row) => entryText(name, row, entries.get(row.id), parse)).join('')
}

function entryText(name: string, row: EntryPreview, entry: CollectEntry | undefined, parse: ParseLine): string {
  const what = entry === undefined ? row.id : `${row.id}: ${entry.path} → ${entry.topic}`
  const head = `${name}, entry ${escapeControls(what)}`
  if (row.refused !== null) return `${head}\n  refused: ${escapeControls(row.refused)}\n`
  const counts = [
    `${count(row.matched)} ${row.matched === 1 ? 'file' : 'files'}`,
    ...(row.ignoredCount > 0 ? [`${count(row.ignoredCount)} ignored`] : []),
    ...(row.isComplete ? [] : ['and perhaps more: not all folders were looked at in the time']),
  ]
  const notes = entry === undefined ? [] : notesOn(entry, parse)
  const parseAs = (line: string): string | null => (entry?.pipeline === undefined ? null : parse(entry.pipeline, line))
  return [
    `${head}\n  ${counts.join(', ')}`,
    ...notes.map((note) => `  ${escapeControls(note)}`),
    ...row.files.map((file) => fileText(file, parseAs)),
    ...more(row.matched - row.files.length, 'more'),
    ...row.ignored.map(({ path, reason }) => `  ignored: ${escapeControls(`${path}: ${reason}`)}`),
    ...more(row.ignoredCount - row.ignored.length, 'more ignored'),
    '',
  ].join('\n')
}

/** What a person may not expect. */
function notesOn({ enabled, startAt, pipeline }: CollectEntry, parse: ParseLine): string[] {
  return [
    ...(enabled ? [] : ['It is not enabled: nothing is collected until it is.']),
    ...(startAt === 'end' ? ['startAt is end: what these files hold already is not sent.'] : []),
    ...(pipeline !== undefined && parse(pipeline, '') === null
      ? [`Lines are shown as they are sent, before pipeline ${pipeline} parses them.`]
      : []),
  ]
}

function fileText(file: PreviewFile, parse: (line: string) => string | null): string {
  const { path, size, modified, packed, lines, remark } = file
  const about = [path, `${count(size)} bytes${packed === null ? '' : ` (${packed})`}`, `last changed ${modified}`]
  const told = (['filtered', 'redacted', 'undecoded', 'unwrapped'] as const).flatMap((what) =>
    file[what] > 0 ? [`${count(file[what])} ${wordsFor[what]}`] : [],
  )
  return [
    `  ${escapeControls(about.join(', '))}`,
    ...lines.map(({ text, isCut, isDeadLetter }) => {
      const shown = `${text.split(/\r?\n/).map(escapeControls).join('\n      ')}${isCut ? ' …' : ''}`
      const parsed = parse(text)
      return `    ${isDeadLetter ? 'dead letter: ' : ''}${shown}${parsed === null ? '' : `\n      = ${escapeControls(parsed)}`}`
    }),
    ...(told.length > 0 ? [`    (${told.join(', ')})`] : []),
    ...(remark === null ? [] : [`    ${escapeControls(remark)}`]),
  ].join('\n')
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
