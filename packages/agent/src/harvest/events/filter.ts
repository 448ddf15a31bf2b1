import type { LinearRegex } from '@logpipe/runtime/regex'

/** What is replaced by what, wherever it stands. */
export interface Redaction {
  readonly regex: LinearRegex
  readonly replace: string
}

/** Says which events go, and blots out what nobody is to see. Stateless: may be shared. */
export class EventFilter {
  readonly #include: readonly LinearRegex[]
  readonly #exclude: readonly LinearRegex[]
  readonly #redactions: readonly Redaction[]

  constructor(include: readonly LinearRegex[], exclude: readonly LinearRegex[], redactions: readonly Redaction[]) {
    this.#include = include
    this.#exclude = exclude
    this.#redactions = redactions
  }

  /** Whether an event with this text goes: one of `include` finds something (or there are none), and none of `exclude`. */
  admits(text: string): boolean {
    const isWanted = this.#include.length === 0 || this.#include.some((regex) => regex.test(text))
    return isWanted && !this.#exclude.some((regex) => regex.test(text))
  }

  redact(text: string): string {
    let redacted = text
    for (const { regex, replace } of this.#redactions) redacted = regex.replaceAll(redacted, replace)
    return redacted
  }
}
