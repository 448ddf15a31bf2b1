const hourMs = 3_600_000

/** An index name with parts of a date in braces (`legacy-{yyyy.MM.dd}`), for one moment after the other. One owner. */
export class DatedIndex {
  readonly pattern: string
  #hour = Number.NaN
  #name = ''

  constructor(pattern: string) {
    this.pattern = pattern
  }

  /** The index for this moment, by its date in UTC. */
  nameAt(ms: number): string {
    const hour = Math.floor(ms / hourMs)
    if (hour !== this.#hour) {
      this.#hour = hour
      this.#name = nameOf(this.pattern, new Date(ms).toISOString())
    }
    return this.#name
  }
}

/** ISO 8601 writes years outside of 0 to 9999 with a sign; no document has one of those. */
function nameOf(pattern: string, iso: string): string {
  const parts: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  }
  return pattern.replaceAll(/\{([^{}]*)\}/g, (_, date: string) =>
    date.replaceAll(/yyyy|MM|dd|HH/g, (part) => parts[part] as string),
  )
}
