import type { JsonObject } from '../json-value.ts'

const quote = 0x22
const backslash = 0x5c
/** More than anyone writes; a hostile line may have thousands. */
const maxElements = 100
const maxParams = 1_000

/** Structured data as it was read, and where it ended. */
export interface StructuredData {
  readonly elements: JsonObject
  readonly end: number
}

/**
 * Reads the structured data that begins at `at` (`-`, or `[id name="value" …][…]`); null where none does. A name that comes twice
 * gets a list.
 */
export function readStructuredData(text: string, at: number): StructuredData | null {
  const elements = noFields()
  if (text.charAt(at) === '-') return { elements, end: at + 1 }
  let end = at
  let params = 0
  for (let count = 0; text.charAt(end) === '['; count++) {
    if (count >= maxElements) return null
    const idEnd = wordEnd(text, end + 1)
    if (idEnd === end + 1) return null
    const element = noFields()
    elements[text.slice(end + 1, idEnd)] = element
    end = idEnd
    while (text.charAt(end) === ' ') {
      const nameEnd = wordEnd(text, end + 1)
      if (nameEnd === end + 1 || !text.startsWith('="', nameEnd) || ++params > maxParams) return null
      const valueEnd = closingQuote(text, nameEnd + 2)
      if (valueEnd < 0) return null
      addParam(element, text.slice(end + 1, nameEnd), unescape(text.slice(nameEnd + 2, valueEnd)))
      end = valueEnd + 1
    }
    if (text.charAt(end) !== ']') return null
    end++
  }
  return end > at ? { elements, end } : null
}

/** Without a prototype: `__proto__` is a name like any other. */
function noFields(): JsonObject {
  return Object.create(null) as JsonObject
}

function addParam(element: JsonObject, name: string, value: string): void {
  const before = Object.hasOwn(element, name) ? element[name] : undefined
  if (before === undefined) element[name] = value
  else if (Array.isArray(before)) before.push(value)
  else element[name] = [before, value]
}

/** Where the name that begins at `at` ends: at `=`, `]`, `"` or a blank. */
function wordEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && !'=]" '.includes(text.charAt(end))) end++
  return end
}

function closingQuote(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === backslash) i++
    else if (code === quote) return i
  }
  return -1
}

/** `\"`, `\\` and `\]`; a backslash before anything else stands for itself. */
function unescape(value: string): string {
  return value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value
}
