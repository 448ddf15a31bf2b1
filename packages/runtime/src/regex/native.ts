import { characterOf, type CharacterClass, complementOf, namedClasses, rangeOf } from './character-set.ts'
import { choice, emptyPart, type Part, repeated, sequence, singlePart } from './part.ts'

/** Ways through a pattern that V8 may have to try: no more work than RE2 has with the steps of such a pattern. */
const maxWays = 256
const maxDepth = 50

export interface NativeRegex {
  readonly regex: RegExp
  /** Whether it can match at the beginning of the text only. */
  readonly isAnchored: boolean
}

/** Thrown and caught in this file: the pattern is not among those that are known to be safe. */
class Unsafe extends Error {}

/**
 * The same regular expression for V8, sticky, groups by number; null where V8 could need more than a bounded number of passes over the text for it, or where the
 * pattern has syntax that is not known here. Matches exactly what RE2 matches at that place, groups too: both take the first alternative that works.
 *
 * V8 goes back where it chose wrong. In a pattern where the next character alone tells how to go on, a choice that was wrong fails at its first
 * character, so all going back together costs one pass; options and alternatives that begin alike double it, and their number is bounded.
 */
export function nativeRegex(pattern: string): NativeRegex | null {
  try {
    const reader = new PatternReader(pattern)
    const { source, ways } = reader.readAll()
    return ways <= maxWays ? { regex: new RegExp(source, 'uy'), isAnchored: reader.isAnchored } : null
  } catch (error) {
    if (error instanceof Unsafe) return null
    throw error
  }
}

class PatternReader {
  readonly #characters: readonly string[]
  #at = 0
  #hasTopAlternatives = false

  constructor(pattern: string) {
    this.#characters = Array.from(pattern)
  }

  /** Whether what was read begins with `^`, in the only alternative. */
  isAnchored = false

  readAll(): Part {
    const begins = this.#peek() === '^'
    const part = this.#alternatives(0)
    this.isAnchored = begins && !this.#hasTopAlternatives
    if (this.#at < this.#characters.length) throw new Unsafe()
    return part
  }

  #alternatives(depth: number): Part {
    if (depth > maxDepth) throw new Unsafe()
    const parts = [this.#sequence(depth)]
    while (this.#take('|')) parts.push(this.#sequence(depth))
    if (depth === 0) this.#hasTopAlternatives = parts.length > 1
    return parts.length === 1 ? (parts[0] as Part) : choice(parts)
  }

  #sequence(depth: number): Part {
    let all = emptyPart('')
    while (this.#at < this.#characters.length && this.#peek() !== '|' && this.#peek() !== ')') {
      all = safe(sequence(all, this.#repeated(this.#atom(depth))))
    }
    return all
  }

  #repeated(part: Part): Part {
    const counts = this.#counts()
    if (counts === null) return part
    const [least, most, suffix] = counts
    const lazy = this.#take('?') ? '?' : ''
    // Two in a row mean different things here and there.
    if (this.#counts() !== null || (part.isNullable && part.source === '')) throw new Unsafe()
    return safe(repeated(part, least, most, suffix + lazy))
  }

  #counts(): [least: number, most: number, suffix: string] | null {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY, '*']
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY, '+']
    if (this.#take('?')) return [0, 1, '?']
    if (this.#peek() !== '{') return null
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('')
    const [suffix, least, comma, most] = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(rest) ?? []
    if (suffix === undefined || least === undefined) throw new Unsafe()
    this.#at += suffix.length
    if (comma === '') return most === '' ? [Number(least), Number(least), suffix] : null
    const highest = most === '' ? Number.POSITIVE_INFINITY : Number(most)
    if (highest < Number(least)) throw new Unsafe()
    return [Number(least), highest, suffix]
  }

  #atom(depth: number): Part {
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group(depth)
      case '[':
        return this.#class()
      case '.':
        return singlePart('[^\\n]', complementOf(characterOf('\n')))
      case '^':
      case '$':
        return emptyPart(`(?:${character})`)
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw new Unsafe()
      default:
        return singlePart(character === '/' ? '\\/' : character, characterOf(character))
    }
  }

  #group(depth: number): Part {
    let opening = '('
    if (this.#take('?')) {
      if (this.#take(':')) opening = '(?:'
      else {
        this.#take('P')
        if (!this.#take('<') || !/\w/.test(this.#peek())) throw new Unsafe()
        while (this.#next() !== '>');
      }
    }
    const inner = this.#alternatives(depth + 1)
    if (!this.#take(')')) throw new Unsafe()
    const hasGroups = opening === '(' || inner.hasGroups
    return { ...inner, source: `${opening}${inner.source})`, isSingle: inner.isSingle && !hasGroups, hasGroups }
  }

  #escape(): Part {
    const letter = this.#next()
    if (letter === 'b' || letter === 'B') return emptyPart(`(?:\\${letter})`)
    const { set, inside } = classOf(letter)
    return singlePart(`[${inside}]`, set)
  }

  #class(): Part {
    const isNegated = this.#take('^')
    let set = 0n
    let inside = ''
    while (!this.#take(']')) {
      const from = this.#classItem()
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']'
      if (!isRange) {
        set |= from.set
        inside += from.inside
        continue
      }
      this.#at++
      const to = this.#classItem()
      if (from.single === null || to.single === null || codeOf(from.single) > codeOf(to.single)) throw new Unsafe()
      set |= rangeOf(from.single, to.single)
      inside += `${from.inside}-${to.inside}`
    }
    if (inside === '') throw new Unsafe()
    return singlePart(`[${isNegated ? '^' : ''}${inside}]`, isNegated ? complementOf(set) : set)
  }

  #classItem(): CharacterClass & { single: string | null } {
    const character = this.#next()
    if (character === '[') throw new Unsafe()
    if (character !== '\\') return { ...literal(character), single: character }
    const letter = this.#next()
    const one = classOf(letter)
    return { ...one, single: /\W/.test(letter) ? letter : null }
  }

  #peek(): string {
    return this.#characters[this.#at] ?? ''
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #next(): string {
    const character = this.#characters[this.#at++]
    if (character === undefined) throw new Unsafe()
    return character
  }
}

const controls: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' }

/** What a backslash and this character mean, in a class or outside. */
function classOf(letter: string): CharacterClass {
  const lower = letter.toLowerCase()
  const named = namedClasses[lower]
  if (named !== undefined && letter === lower) return named
  if (named !== undefined) return { set: complementOf(named.set), inside: negatedInside[lower] as string }
  const control = controls[letter]
  if (control !== undefined) return { set: characterOf(control), inside: `\\${letter}` }
  // RE2 takes a backslash before any sign of ASCII; before a letter or a digit it may mean anything.
  if (!/[!-/:-@[-^`{-~ ]/.test(letter)) throw new Unsafe()
  return literal(letter)
}

const negatedInside: Record<string, string> = {
  d: '\\D',
  w: '\\W',
  // All but the five blanks of RE2.
  s: '\\u{0}-\\u{8}\\u{b}\\u{e}-\\u{1f}\\u{21}-\\u{10ffff}',
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

function literal(character: string): CharacterClass {
  const inside = /[\\\]^[\-/{}()|$.*+?]/.test(character) ? `\\${character}` : character
  return { set: characterOf(character), inside }
}

function safe(part: Part | null): Part {
  if (part === null) throw new Unsafe()
  return part
}
