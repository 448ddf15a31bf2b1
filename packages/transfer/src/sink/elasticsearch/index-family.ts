/** Indices that take turns by date, as `routes[].index` names them: `legacy-{yyyy.MM.dd}`. */
export interface IndexFamily {
  /** Matches all of them, and maybe others. */
  readonly wildcard: string
  /** Whether an index of this name is one of them. */
  holds(index: string): boolean
}

const dates = /\{([^{}]*)\}/g

/** The family of an index pattern with parts of a date in braces. */
export function indexFamily(pattern: string): IndexFamily {
  const plain = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const source = pattern
    .split(dates)
    // Odd ones are what the braces hold.
    .map((text, number) => (number % 2 === 0 ? plain(text) : digits(plain(text))))
    .join('')
  const names = new RegExp(`^${source}$`)
  return { wildcard: pattern.replaceAll(dates, '*'), holds: (index) => names.test(index) }
}

function digits(date: string): string {
  return date.replaceAll(/yyyy|MM|dd|HH/g, (part) => `\\d{${part.length}}`)
}

/** The families that these routes name, each once. */
export function familiesOf(routes: readonly { readonly index?: string }[]): IndexFamily[] {
  const patterns = new Set(routes.flatMap(({ index }) => (index === undefined ? [] : [index])))
  return [...patterns].map(indexFamily)
}
