import { escapeControls } from './escape.ts'

/** What becomes of a line, as far as it is shown to people. */
export type ShownFate =
  | { fate: 'document'; document: Readonly<Record<string, unknown>> }
  | { fate: 'dropped' }
  | { fate: 'deadLetter' | 'unknown'; reason: string }

/** What every document has that a line alone does not show. */
const base = new Set(['event.created', 'event.ingested', 'event.dataset', 'log.offset', 'log.file.path', 'host.ip'])

/** What a line became, each field on a line of its own behind `indent`; nothing of a log reaches the terminal unescaped. */
export function fateText(line: string, parsed: ShownFate, indent = '    '): string {
  if (parsed.fate === 'dropped') return `${indent}dropped\n`
  if (parsed.fate !== 'document') {
    return `${indent}${parsed.fate === 'deadLetter' ? 'dead letter' : 'not tried'}: ${escapeControls(parsed.reason)}\n`
  }
  const rows = [...rowsOf(parsed.document, '')].filter(([path, value]) => {
    if (base.has(path) || path.startsWith('data_stream.')) return false
    return path !== 'message' || value !== line
  })
  const width = Math.max(...rows.map(([path]) => path.length))
  return rows
    .map(([path, value]) => `${indent}${escapeControls(path).padEnd(width)}  ${escapeControls(textOf(value))}\n`)
    .join('')
}

function* rowsOf(object: Readonly<Record<string, unknown>>, parent: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(object)) {
    const path = `${parent}${name}`
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield* rowsOf(value as Record<string, unknown>, `${path}.`)
    } else yield [path, value]
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
