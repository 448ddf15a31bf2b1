import type { Letter } from './letter.ts'
import type { LetterState } from './marks.ts'

/** Letters that died of the same. */
export interface Cause {
  topic: string
  state: LetterState
  stage: string
  type: string
  /** The reason without what differs from letter to letter. */
  reason: string
  letters: number
}

/** Different causes told apart; beyond that, reasons are told together. */
const maxCauses = 1_000

/** Counts letters by topic and cause. */
export class Tally {
  readonly #causes = new Map<string, Cause>()

  add(letter: Letter, state: LetterState): void {
    const { stage, type } = letter
    const topic = letter.topic ?? letter.address.topic
    const isFull = this.#causes.size >= maxCauses
    const cause = { topic, state, stage, type, reason: reasonPattern(letter.reason) }
    const key = JSON.stringify(cause)
    let found = this.#causes.get(key)
    if (found === undefined && isFull) {
      const rest = { ...cause, stage: '', type: '', reason: '(other reasons)' }
      found = this.#put(JSON.stringify(rest), rest)
    }
    found ??= this.#put(key, cause)
    found.letters++
  }

  /** The most frequent first within each topic. */
  causes(): Cause[] {
    return [...this.#causes.values()].sort(
      (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || b.letters - a.letters,
    )
  }

  #put(key: string, cause: Omit<Cause, 'letters'>): Cause {
    const known = this.#causes.get(key)
    if (known !== undefined) return known
    const made = { ...cause, letters: 0 }
    this.#causes.set(key, made)
    return made
  }
}

/**
 * A reason without what differs from letter to letter: `failed to parse field [status] of type [long] in document with id '…'.
 * Preview of field's value: '…'`. Names in brackets stay: they tell which field it is.
 */
export function reasonPattern(reason: string): string {
  return reason
    .slice(0, 2_000)
    .replaceAll(/\[\d+:\d+\] ?/g, '')
    .replaceAll(/(?<= )'[^']*'(?=[\s.,;:)]|$)/g, "'…'")
}
