// What JSON leaves as it is, and a terminal obeys or is fooled by: see `escapeControls`.
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** `value` as one line of JSON and a newline, in which nothing can act on a terminal; programs read the same value from it. */
export function jsonLine(value: unknown): string {
  const escaped = JSON.stringify(value).replace(
    unsafe,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${escaped}\n`
}
