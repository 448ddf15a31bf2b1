import { escapeControls } from '@logpipe/runtime/terminal'
import { isJsonObject, type JsonObject, type JsonValue } from '../pipeline/json-value.ts'
import type { Tried } from './try-pipeline.ts'

/** What every document has that a line alone does not show. */
const base = new Set(['event.created', 'event.ingested', 'event.dataset', 'log.offset', 'log.file.path', 'host.ip'])

/** A line and the fields that it became, for people; nothing of a log reaches the terminal unescaped. */
export function describeTried({ line, document }: Tried): string {
  const text = line.bytes.toString('utf8')
  const head = `${line.number}  ${escapeControls(text)}\n`
  if (document === null) return `${head}    dropped\n`
  const rows = [...rowsOf(document, '')].filter(([path, value]) => {
    if (base.has(path) || path.startsWith('data_stream.')) return false
    return path !== 'message' || value !== text
  })
  const width = Math.max(...rows.map(([path]) => path.length))
  const lines = rows.map(
    ([path, value]) => `    ${escapeControls(path).padEnd(width)}  ${escapeControls(textOf(value))}\n`,
  )
  return head + lines.join('')
}

function* rowsOf(object: JsonObject, parent: string): Generator<[string, JsonValue]> {
  for (const [name, value] of Object.entries(object)) {
    const path = `${parent}${name}`
    if (isJsonObject(value)) yield* rowsOf(value, `${path}.`)
    else yield [path, value]
  }
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
