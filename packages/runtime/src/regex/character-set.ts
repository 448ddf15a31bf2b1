/** A set of characters: a bit for each of ASCII, and one for all others together, which is set where any of them is meant. */
export type CharacterSet = bigint

const others = 1n << 128n
export const allCharacters: CharacterSet = (1n << 129n) - 1n

/** A class of a pattern: what it holds, and how JavaScript writes it inside brackets. */
export interface CharacterClass {
  readonly set: CharacterSet
  /** Without the brackets. */
  readonly inside: string
}

export function characterOf(character: string): CharacterSet {
  const code = character.codePointAt(0) ?? 0
  return code < 128 ? 1n << BigInt(code) : others
}

/** All from `first` to `last`, which are single characters. */
export function rangeOf(first: string, last: string): CharacterSet {
  const from = first.codePointAt(0) ?? 0
  const to = last.codePointAt(0) ?? 0
  let set: CharacterSet = to > 127 ? others : 0n
  for (let code = from; code <= Math.min(to, 127); code++) set |= 1n << BigInt(code)
  return set
}

/** What the class does not hold. A class may hold some of the others only, so they are in what it does not hold too. */
export function complementOf(set: CharacterSet): CharacterSet {
  return (allCharacters & ~set) | others
}

const digits: CharacterClass = { set: rangeOf('0', '9'), inside: '0-9' }
const words: CharacterClass = {
  set: digits.set | rangeOf('A', 'Z') | rangeOf('a', 'z') | characterOf('_'),
  inside: '0-9A-Za-z_',
}
// RE2's blanks: JavaScript's are more.
const blanks: CharacterClass = {
  set: ['\t', '\n', '\f', '\r', ' '].reduce((set, one) => set | characterOf(one), 0n),
  inside: '\\t\\n\\f\\r ',
}

/** The classes that have a letter. */
export const namedClasses: Readonly<Record<string, CharacterClass>> = { d: digits, w: words, s: blanks }
