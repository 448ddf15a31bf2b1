const hourMs = 3_600_000

/** What may stand in the name of an index beside a date: as in the name of a data stream. */
export interface IndexNames {
  readonly topic: string
  readonly dataset: string
  readonly namespace: string
}

/** An index name with names and parts of a date in braces (`legacy-{dataset}-{yyyy.MM.dd}`), for one moment after the other. One owner. */
export class DatedIndex {
  readonly pattern: string
  readonly #names: ReadonlyMap<string, string>
  #hour = Number.NaN
  #name = ''

  constructor(pattern: string, { topic, dataset, namespace }: IndexNames) {
    this.pattern = pattern
    this.#names = new Map(Object.entries({ topic, dataset, namespace }))
  }

  /** The index for this moment, by its date in UTC. */
  nameAt(ms: number): string {
    const hour = Math.floor(ms / hourMs)
    if (hour !== this.#hour) {
      this.#hour = hour
      this.#name = nameOf(this.pattern, this.#names, new Date(ms).toISOString())
    }
    return this.#name
  }
}

/** ISO 8601 writes years outside of 0 to 9999 with a sign; no document has one of those. */
function nameOf(pattern: string, names: ReadonlyMap<string, string>, iso: string): string {
  const parts: Record<string, string> = {
    yyyy: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    dd: iso.slice(8, 10),
    HH: iso.slice(11, 13),
  }
  const dated = (date: string): string => date.replaceAll(/yyyy|MM|dd|HH/g, (part) => parts[part] as string)
  // In one go: a name may hold braces itself.
  return pattern.replaceAll(/\{([^{}]*)\}/g, (_, inner: string) => names.get(inner) ?? dated(inner))
}
