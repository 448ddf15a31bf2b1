import type { CharacterSet } from './character-set.ts'

/**
 * A part of a pattern, as JavaScript writes it, and what bounds the work of an engine that goes back: whether after it the next character alone
 * tells how to go on.
 */
export interface Part {
  readonly source: string
  /** What it may begin with. */
  readonly first: CharacterSet
  readonly isNullable: boolean
  /** What it may go on with where it could end, because it repeats: there an engine goes back to as often as the text is long. */
  readonly again: CharacterSet
  /** The same where it is an option: there it goes back to once. */
  readonly more: CharacterSet
  /** How many ways through it an engine may have to try. */
  readonly ways: number
  /** Whether it is one character and nothing else. */
  readonly isSingle: boolean
  /** Whether it has groups: JavaScript forgets in each repetition what they held before, RE2 does not. */
  readonly hasGroups: boolean
}

/** What stands between characters, or nothing at all. */
export function emptyPart(source: string): Part {
  return { source, first: 0n, isNullable: true, again: 0n, more: 0n, ways: 1, isSingle: false, hasGroups: false }
}

export function singlePart(source: string, first: CharacterSet): Part {
  return { source, first, isNullable: false, again: 0n, more: 0n, ways: 1, isSingle: true, hasGroups: false }
}

/** One after the other; null where the first could take what the second begins with as often as it likes. */
export function sequence(a: Part, b: Part): Part | null {
  if ((a.again & b.first) !== 0n) return null
  return {
    source: a.source + b.source,
    first: a.first | (a.isNullable ? b.first : 0n),
    isNullable: a.isNullable && b.isNullable,
    again: b.again | (b.isNullable ? a.again : 0n),
    more: b.more | (b.isNullable ? a.more : 0n),
    ways: a.ways * b.ways * ((a.more & b.first) === 0n ? 1 : 2),
    isSingle: false,
    hasGroups: a.hasGroups || b.hasGroups,
  }
}

/** One or the other. */
export function choice(parts: readonly Part[]): Part {
  let first: CharacterSet = 0n
  let areApart = true
  for (const part of parts) {
    if ((first & part.first) !== 0n) areApart = false
    first |= part.first
  }
  const nullable = parts.filter((part) => part.isNullable).length
  const ways = parts.map((part) => part.ways)
  return {
    source: parts.map((part) => part.source).join('|'),
    first,
    isNullable: nullable > 0,
    again: union(parts, 'again'),
    more: union(parts, 'more') | (nullable > 0 ? first : 0n),
    ways: areApart && nullable < 2 ? Math.max(...ways) : ways.reduce((sum, one) => sum + one, 0),
    isSingle: false,
    hasGroups: parts.some((part) => part.hasGroups),
  }
}

function union(parts: readonly Part[], key: 'again' | 'more'): CharacterSet {
  return parts.reduce((set, part) => set | part[key], 0n)
}

/** `part` from `least` to `most` times, written with `suffix`; null where an engine that goes back could lose its way. */
export function repeated(part: Part, least: number, most: number, suffix: string): Part | null {
  const source = part.source + suffix
  if (most === 1 && least === 0) {
    // JavaScript takes no empty turn, not even an only one, and RE2 does: their groups would differ.
    return part.isNullable ? null : { ...part, source, isNullable: true, more: part.more | part.first, isSingle: false }
  }
  if (part.hasGroups) return null
  if (part.isSingle) {
    const isOpen = most === Number.POSITIVE_INFINITY
    const goesOn = least === most ? 0n : part.first
    return {
      ...part,
      source,
      isNullable: least === 0,
      again: isOpen ? goesOn : 0n,
      more: isOpen ? 0n : goesOn,
      isSingle: false,
    }
  }
  if (most === Number.POSITIVE_INFINITY) return loop(part, least, source)
  return least === most && least >= 1 && least <= 20 ? exactly(part, least, source) : null
}

function loop(part: Part, least: number, source: string): Part | null {
  const rest = part.again | part.more
  if (part.isNullable || part.ways > 1 || (rest & part.first) !== 0n || least > 1) return null
  return { ...part, source, isNullable: least === 0, again: rest | part.first, more: 0n }
}

function exactly(part: Part, times: number, source: string): Part | null {
  let all: Part | null = part
  for (let i = 1; i < times && all !== null; i++) all = sequence(all, part)
  return all === null ? null : { ...all, source }
}
