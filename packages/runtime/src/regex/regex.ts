import { RE2JS } from 're2js'
import { type NativeRegex, nativeRegex } from './native.ts'
import { describeError, LogpipeError } from '../errors.ts'

/** A regular expression whose time grows with the text and never faster, whatever the pattern. */
export interface LinearRegex {
  readonly pattern: string
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean
  /** The text with every match replaced; `$1` and `$<name>` in `replacement` stand for groups, `$$` for a dollar. */
  replaceAll(text: string, replacement: string): string
  /** The names of its groups by number; null where a group has none, and for the whole match, number 0. */
  readonly groups: readonly (string | null)[]
  /** The first match and what its groups held, by number; null where a group took no part. Null where there is no match. */
  match(text: string): (string | null)[] | null
}

/** What people know from other languages and RE2 has not, and what to write instead. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /\(\?<?[=!]/,
    'lookarounds are not supported; match what must stand there, or use includeLines and excludeLines together',
  ],
  [/\\[1-9]|\\k/, 'back references are not supported; write the alternatives out'],
  [/[*+?}]\+|\(\?>/, 'possessive and atomic groups are not needed: nothing runs away here; leave them out'],
]

/** Steps that a pattern may come to: what looks for a place costs up to so many of them a character. */
const usualSteps = 1_000

/** Longer texts are RE2's: what V8 keeps for going back grows with the text. */
const longestNative = 65_536

/** Characters of a pattern that a sentence shows. */
const longestShown = 200

/** Letters, digits and what means nothing special, with `|` between: V8 finds those without ever going back. */
const literals = /^(?:\(\?i\))?[\w "'#%&,/:;<=>@~!`-]+(?:\|[\w "'#%&,/:;<=>@~!`-]+)*$/

/**
 * The regular expression of this pattern, in the syntax of RE2 (that of Go and Filebeat; `(?i)` in front: upper and lower case alike).
 * Throws `settings_invalid` with a sentence where the pattern is none, or is one that could run away: one of more than `maxSteps`.
 */
export function compileRegex(pattern: string, maxSteps = usualSteps): LinearRegex {
  let regex: RE2JS
  try {
    // Lookbehinds are left off: their time is not bounded by the text alone.
    regex = RE2JS.compile(pattern)
  } catch (error) {
    const hint = hints.find(([form]) => form.test(pattern))?.[1]
    const reason = hint ?? describeError(error).replace(/^error parsing regexp: /i, '')
    throw unusable(pattern, reason, error)
  }
  if (regex.programSize() > maxSteps) throw unusable(pattern, 'its counts are too large; write + or * instead')
  return new CompiledRegex(pattern, regex)
}

function unusable(pattern: string, reason: string, cause?: unknown): LogpipeError {
  const shown = pattern.length > longestShown ? `${pattern.slice(0, longestShown)}…` : pattern
  const message = `'${shown}' is no pattern that can be used: ${reason}.`
  return new LogpipeError('settings_invalid', message, { cause })
}

class CompiledRegex implements LinearRegex {
  readonly pattern: string
  readonly groups: readonly (string | null)[]
  readonly #regex: RE2JS
  readonly #literals: RegExp | null
  /** For matches at the beginning of the text. */
  readonly #native: NativeRegex | null

  constructor(pattern: string, regex: RE2JS) {
    this.pattern = pattern
    this.#regex = regex
    this.groups = groupNames(regex)
    this.#native = nativeRegex(pattern)
    const ignoresCase = pattern.startsWith('(?i)')
    this.#literals = literals.test(pattern)
      ? new RegExp(ignoresCase ? pattern.slice(4) : pattern, ignoresCase ? 'i' : '')
      : null
  }

  test(text: string): boolean {
    return this.#literals === null ? this.#regex.test(text) : this.#literals.test(text)
  }

  replaceAll(text: string, replacement: string): string {
    // Most texts hold nothing to replace, and to see that is much cheaper than to look for where.
    return this.test(text) ? this.#regex.matcher(text).replaceAll(replacement) : text
  }
  match(text: string): (string | null)[] | null {
    const native = this.#native
    if (native !== null && text.length <= longestNative) {
      native.regex.lastIndex = 0
      const found = native.regex.exec(text)
      if (found !== null) return Array.from(found, (group) => group ?? null)
      if (native.isAnchored) return null
    }
    // One run over the text for all groups; a matcher would need a second one for them.
    const bounds: Int32Array | number[] | null = this.#regex.re2().findSubmatchIndex(text)
    if (bounds === null) return null
    const found: (string | null)[] = []
    for (let i = 0; i < bounds.length; i += 2) {
      const start = bounds[i] as number
      found.push(start < 0 ? null : text.slice(start, bounds[i + 1]))
    }
    return found
  }
}

function groupNames(regex: RE2JS): (string | null)[] {
  const names = new Array<string | null>(regex.groupCount() + 1).fill(null)
  for (const [name, number] of Object.entries(regex.namedGroups())) names[number] = name
  return names
}
