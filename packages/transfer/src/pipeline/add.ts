import type { ProcessorSpec } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { PipelineEvent } from './event.ts'
import type { JsonValue } from './json-value.ts'
import type { Processor } from './processor.ts'

/** Sets fields; texts may name others in braces. */
export function makeAdd({ fields, overwrite }: ProcessorSpec<'add'>): Processor {
  const steps = Object.entries(fields).map(([field, value]) => ({ field, make: makeValue(field, value) }))
  return {
    run(event) {
      for (const { field, make } of steps) {
        if (!overwrite && event.get(field) !== undefined) continue
        const value = make(event)
        if (value !== undefined) event.set(field, value)
      }
      return null
    },
  }
}

/** Makes a value for an event; undefined where a field is missing that it names. */
type MakeValue = (event: PipelineEvent) => JsonValue | undefined

function makeValue(field: string, value: JsonValue): MakeValue {
  if (typeof value === 'string') return makeText(field, value)
  if (!Array.isArray(value)) return () => value
  const items = value.map((item) => makeValue(field, item))
  return (event) => items.map((make) => make(event)).filter((item) => item !== undefined)
}

function makeText(field: string, template: string): MakeValue {
  const pieces = parseTemplate(template)
  if (pieces === null) {
    const message = `fields.${field} has a brace that is not closed, or that holds no name; {{ stands for a brace.`
    throw new LogpipeError('settings_invalid', message)
  }
  const [only] = pieces
  if (pieces.length === 0) return () => ''
  if (pieces.length === 1 && only !== undefined) {
    // The value itself, also where it is a number or a list.
    return 'field' in only ? (event) => event.getAsWritten(only.field) : () => only.text
  }
  return (event) => {
    let text = ''
    for (const piece of pieces) {
      const value = 'text' in piece ? piece.text : event.get(piece.field)
      if (value === undefined || value === null) return undefined
      text += typeof value === 'object' ? JSON.stringify(value) : String(value)
    }
    return text
  }
}

type Piece = { readonly text: string } | { readonly field: string }

/** `{http.request.method} {url.path}` in pieces; null where a brace is not closed or empty. */
function parseTemplate(template: string): Piece[] | null {
  const pieces: Piece[] = []
  let text = ''
  for (let at = 0; at < template.length; at++) {
    const twice = template[at] === template[at + 1]
    if (template[at] === '{' && !twice) {
      const end = template.indexOf('}', at)
      const name = template.slice(at + 1, end).trim()
      if (end < 0 || name === '') return null
      if (text !== '') pieces.push({ text })
      pieces.push({ field: name })
      text = ''
      at = end
    } else {
      text += template[at]
      if (twice && (template[at] === '{' || template[at] === '}')) at++
    }
  }
  if (text !== '') pieces.push({ text })
  return pieces
}
