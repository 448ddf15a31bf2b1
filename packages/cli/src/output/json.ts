// What JSON leaves as it is, and a terminal obeys or is fooled by: see `escapeControls`.
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** `value` as one line of JSON and a newline, in which nothing can act on a terminal; programs read the same value from it. */
export function jsonLine(value: unknown): string {
  return `${escaped(JSON.stringify(value))}\n`
}

/** The JSON text with two blanks for each level, in which nothing can act on a terminal; null where it is no JSON. */
export function prettyJson(text: string): string | null {
  try {
    return `${escaped(JSON.stringify(JSON.parse(text), null, 2))}\n`
  } catch {
    return null
  }
}

function escaped(json: string): string {
  return json.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
