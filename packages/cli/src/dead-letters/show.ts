import { count, escapeControls, escapeLines, table } from '@logpipe/runtime/terminal'
import type { Letter } from './letter.ts'
import { formatAddress } from './letter.ts'
import type { Mark } from './marks.ts'
import { obstacle } from './replayer.ts'
import type { Cause } from './tally.ts'

/** Characters of a reason and of a line in a table. */
const reasonWidth = 80
const lineWidth = 60
/** Characters of a line in a list for programs; `show` has the whole one. */
const previewLength = 256

/** Rows made by `letterCells`, as a table. */
export function letterTable(rows: readonly string[][]): string {
  const columns = ['LETTER', 'PUT AWAY', 'STATE', 'STAGE', 'TYPE', 'REASON', 'LINE'].map((title) => ({ title }))
  return table(columns, rows)
}

/** A letter as a row of a table; nothing in it can act on a terminal. */
export function letterCells(letter: Letter, mark: Mark | undefined): string[] {
  return [
    formatAddress(letter.address),
    time(letter.writtenMs),
    mark?.state ?? 'open',
    shown(letter.stage, lineWidth),
    shown(letter.type, lineWidth),
    shown(letter.reason, reasonWidth),
    shown(letter.value?.toString('utf8', 0, lineWidth * 4) ?? '', lineWidth),
  ]
}

/** Causes as a table. */
export function causeTable(causes: readonly Cause[]): string {
  const columns = [
    { title: 'TOPIC' },
    { title: 'LETTERS', number: true },
    { title: 'STATE' },
    { title: 'STAGE' },
    { title: 'TYPE' },
    { title: 'REASON' },
  ]
  return table(
    columns,
    causes.map(({ topic, letters, state, stage, type, reason }) => [
      topic,
      count(letters),
      state,
      shown(stage, lineWidth),
      shown(type, lineWidth),
      shown(reason, 2 * reasonWidth),
    ]),
  )
}

/** A letter for programs: a row of a list. */
export function letterObject(letter: Letter, mark: Mark | undefined): Record<string, unknown> {
  const { address, origin, value } = letter
  const why = obstacle(letter)
  return {
    letter: formatAddress(address),
    state: mark?.state ?? 'open',
    ...(mark !== undefined && { done: { at: mark.at, by: mark.by } }),
    putAwayAt: time(letter.writtenMs),
    topic: letter.topic,
    ...(origin !== null && { partition: origin.partition, offset: origin.offset }),
    timestamp: time(letter.timestampMs),
    id: letter.id,
    stage: letter.stage,
    type: letter.type,
    reason: letter.reason,
    ...(letter.attempts !== null && { attempts: letter.attempts }),
    ...(letter.truncatedBytes !== null && { truncatedBytes: letter.truncatedBytes }),
    replayable: why === null,
    ...(why !== null && { why }),
    bytes: value?.length ?? 0,
    preview: value?.toString('utf8', 0, previewLength * 4).slice(0, previewLength) ?? '',
  }
}

/** A letter with all that it holds, for programs. What is no UTF-8 comes as base64. */
export function wholeObject(letter: Letter, mark: Mark | undefined): Record<string, unknown> {
  const { preview: _, ...row } = letterObject(letter, mark)
  return {
    ...row,
    key: bytesValue(letter.key),
    headers: letter.headers.map(({ key, value }) => ({ key, value: bytesValue(value) })),
    value: bytesValue(letter.value),
  }
}

/** A letter with all that it holds, for people; nothing in it can act on a terminal. */
export function wholeText(letter: Letter, mark: Mark | undefined): string {
  const { origin, value } = letter
  const why = obstacle(letter)
  const place = origin === null ? '' : `, partition ${origin.partition}, offset ${origin.offset}`
  const tries = letter.attempts === null ? '' : `, sent ${count(letter.attempts)} times`
  const rows: [string, string][] = [
    ['letter', formatAddress(letter.address)],
    ['state', mark === undefined ? 'open' : `${mark.state} at ${mark.at} by ${mark.by}`],
    ['put away', time(letter.writtenMs)],
    ['topic', `${letter.topic ?? '(not told)'}${place}`],
    ['time', time(letter.timestampMs)],
    ['id', letter.id ?? '(none)'],
    ['stage', `${letter.stage || '(not told)'}${tries}`],
    ['type', letter.type],
    ['reason', letter.reason],
    ...(why === null ? [] : [['no replay', why] as [string, string]]),
    ['key', text(letter.key)],
    ...letter.headers.map((header): [string, string] => ['header', `${header.key}: ${text(header.value)}`]),
    ['value', letter.truncatedBytes === null ? `${count(value?.length ?? 0)} bytes` : notKept(letter.truncatedBytes)],
  ]
  const lines = rows.map(([name, content]) => `${name.padEnd(10)} ${escapeControls(content)}\n`)
  return `${lines.join('')}${value === null || value.length === 0 ? '' : `    ${escapeLines(value.toString('utf8'))}\n`}`
}

function notKept(bytes: number): string {
  return `${count(bytes)} bytes, not kept: too large for the topic of the dead letters`
}

function text(bytes: Buffer | null): string {
  return bytes === null ? '(none)' : bytes.toString('utf8')
}

/** Text where the bytes are UTF-8, else base64. */
function bytesValue(bytes: Buffer | null): string | { base64: string } | null {
  if (bytes === null) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { base64: bytes.toString('base64') }
  }
}

/** What is no date Kafka can carry all the same. */
function time(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}

/** At most so many characters, on one line. */
function shown(content: string, width: number): string {
  const escaped = escapeControls(content.slice(0, width * 4))
  return escaped.length <= width ? escaped : `${escaped.slice(0, width - 1)}…`
}
