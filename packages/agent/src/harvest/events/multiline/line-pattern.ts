/** What is needed of a regex: whether it finds something in a line. */
export interface LineMatcher {
  test(line: string): boolean
}

const no = 0
const yes = 1
const ask = 2

/** `^`, one character or class, how often, and the rest: what stands for itself, `\[`, `\d`, `[A-Z]`. */
const anchored =
  /^\^(\\[dDwWsS]|\\[^\w\s]|\[(?:\\[^\s]|[^\][\\])+\]|[^\\^$.|?*+()[\]{}])(\+\??|\{[1-9][\d,]*\}\??|(?![?*{]))([^]*)$/

/**
 * A pattern that is asked of lines in bytes. Most patterns that tell where an event begins are anchored, and most lines differ in
 * their first byte already: then no string is made and the regex is not run.
 */
export class LinePattern {
  readonly #regex: LineMatcher
  /** By first byte: whether it decides, and how. */
  readonly #verdicts: Uint8Array

  /** Compiles the pattern; what `compileRegex` throws goes through. */
  constructor(pattern: string, compileRegex: (pattern: string) => LineMatcher) {
    this.#regex = compileRegex(pattern)
    this.#verdicts = firstByteVerdicts(pattern, compileRegex)
  }

  /** Whether the pattern matches anywhere in the line `bytes[start, end)`, which is UTF-8. */
  test(bytes: Buffer, start: number, end: number): boolean {
    const verdict = start < end ? this.#verdicts[bytes[start] as number] : ask
    return verdict === ask ? this.#regex.test(bytes.toString('utf8', start, end)) : verdict === yes
  }
}

function firstByteVerdicts(pattern: string, compileRegex: (pattern: string) => LineMatcher): Uint8Array {
  const verdicts = new Uint8Array(256).fill(ask)
  const [, atom, times, rest] = anchored.exec(pattern) ?? []
  // Another alternative may begin otherwise; a flag may change what the first character means.
  if (atom === undefined || pattern.includes('|') || pattern.includes('(?')) return verdicts
  const first = compileRegex(`^${atom}`)
  const isAll = rest === '' && (times === '' || times === '+')
  // Bytes beyond ASCII are parts of characters: those are for the regex.
  for (let byte = 0; byte < 128; byte++) {
    if (!first.test(String.fromCharCode(byte))) verdicts[byte] = no
    else if (isAll) verdicts[byte] = yes
  }
  return verdicts
}
