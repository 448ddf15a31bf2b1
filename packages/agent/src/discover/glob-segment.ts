const anyChars = '*'
const anyChar = '?'

type SegmentToken = typeof anyChars | typeof anyChar | { readonly char: string } | CharClass

interface CharClass {
  readonly negated: boolean
  /** Pairs of first and last. */
  readonly ranges: readonly (readonly [string, string])[]
}

/** The tokens of a glob between two slashes. A bracket that is not closed, as a backslash at the end, stands for itself. */
function parseSegment(text: string): SegmentToken[] {
  const tokens: SegmentToken[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (char === '*') {
      if (tokens.at(-1) !== anyChars) tokens.push(anyChars)
    } else if (char === '?') {
      tokens.push(anyChar)
    } else if (char === '\\' && i + 1 < text.length) {
      tokens.push({ char: text[++i] as string })
    } else {
      const close = char === '[' ? classEnd(text, i) : -1
      tokens.push(close < 0 ? { char } : parseClass(text.slice(i + 1, close)))
      if (close >= 0) i = close
    }
  }
  return tokens
}

/** Position of the bracket that closes the class which opens at `open`; −1 where none does. One right behind the opening belongs to the class. */
function classEnd(text: string, open: number): number {
  const first = /[!^]/.test(text[open + 1] ?? '') ? open + 2 : open + 1
  for (let i = first; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ']' && i > first) return i
  }
  return -1
}

function parseClass(text: string): CharClass {
  const negated = /^[!^]/.test(text)
  const chars = text.slice(negated ? 1 : 0).replaceAll(/\\(.)/g, '$1')
  const ranges: [string, string][] = []
  for (let i = 0; i < chars.length; i++) {
    const first = chars[i] as string
    if (chars[i + 1] === '-' && i + 2 < chars.length) {
      ranges.push([first, chars[i + 2] as string])
      i += 2
    } else {
      ranges.push([first, first])
    }
  }
  return { negated, ranges }
}

/** What a glob says between two slashes. */
export class GlobSegment {
  readonly #tokens: readonly SegmentToken[]
  /** What stands between the stars, where that is plain text. */
  readonly #pieces: readonly string[] | null
  readonly #namesHidden: boolean

  constructor(text: string) {
    this.#tokens = parseSegment(text)
    this.#pieces = plainPieces(this.#tokens)
    this.#namesHidden = isDot(this.#tokens[0])
  }

  /** The one name that it stands for; null where it has wildcards. */
  get literal(): string | null {
    return this.#pieces?.length === 1 ? (this.#pieces[0] as string) : null
  }

  matches(name: string): boolean {
    // Hidden names are asked for by their dot.
    if (!this.#namesHidden && name.startsWith('.')) return false
    // A wildcard alone stands for a name, and a name has a character.
    if (name === '') return this.#tokens.length === 0
    return this.#pieces === null ? matchesTokens(this.#tokens, name) : matchesPieces(this.#pieces, name)
  }
}

function plainPieces(tokens: readonly SegmentToken[]): string[] | null {
  const pieces = ['']
  for (const token of tokens) {
    if (token === anyChars) pieces.push('')
    else if (typeof token === 'object' && 'char' in token) pieces[pieces.length - 1] += token.char
    else return null
  }
  return pieces
}

/** The first place for each piece leaves the most room for those behind it. */
function matchesPieces(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] as string
  if (pieces.length === 1) return name === first
  const last = pieces[pieces.length - 1] as string
  const limit = name.length - last.length
  let at = first.length
  if (at > limit || !name.startsWith(first) || !name.endsWith(last)) return false
  for (let i = 1; i < pieces.length - 1; i++) {
    const piece = pieces[i] as string
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > limit) return false
    at = found + piece.length
  }
  return true
}

/** Where it fails, only the last `*` has to take one more character. */
function matchesTokens(tokens: readonly SegmentToken[], name: string): boolean {
  let token = 0
  let at = 0
  let retryToken = -1
  let retryAt = 0
  while (at < name.length) {
    const one = tokens[token]
    if (one === anyChars) {
      retryToken = ++token
      retryAt = at
    } else if (one !== undefined && matchesChar(one, name[at] as string)) {
      token++
      at++
    } else if (retryToken >= 0) {
      at = ++retryAt
      token = retryToken
    } else {
      return false
    }
  }
  while (tokens[token] === anyChars) token++
  return token === tokens.length
}

function isDot(token: SegmentToken | undefined): boolean {
  return typeof token === 'object' && 'char' in token && token.char === '.'
}

function matchesChar(token: SegmentToken, char: string): boolean {
  if (token === anyChar) return true
  if (token === anyChars) return false
  if ('char' in token) return token.char === char
  return token.ranges.some(([first, last]) => first <= char && char <= last) !== token.negated
}
