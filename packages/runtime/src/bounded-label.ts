/** What a label says where no further value fits. */
const other = 'other'
const maxLength = 64

/**
 * Keeps the values of a metric's label few and short, where they come from outside: the first so many different ones stand for
 * themselves, all others are `other`. Each value costs the metrics store a series, for good.
 */
export class BoundedLabel {
  readonly #limit: number
  readonly #known = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The label for `value`; the same one each time. */
  label(value: string): string {
    if (this.#known.has(value)) return value
    if (this.#known.size >= this.#limit || value.length > maxLength || !/^[\w.:-]+$/.test(value)) return other
    this.#known.add(value)
    return value
  }
}
