/** Indices that take turns by date, or have names of their own, as `routes[].index` names them: `legacy-{dataset}-{yyyy.MM.dd}`. */
export interface IndexFamily {
  /** Matches all of them, and maybe others. */
  readonly wildcard: string
  /** Whether an index of this name is one of them. */
  holds(index: string): boolean
}

const names = new Set(['topic', 'dataset', 'namespace'])
const inBraces = /\{([^{}]*)\}/g

/** The family of an index pattern with names and parts of a date in braces. */
export function indexFamily(pattern: string): IndexFamily {
  const source = pattern
    .split(inBraces)
    // Odd ones are what the braces hold.
    .map((text, number) => (number % 2 === 0 ? plain(text) : nameOrDigits(text)))
    .join('')
  const form = new RegExp(`^${source}$`)
  return { wildcard: pattern.replaceAll(inBraces, '*'), holds: (index) => form.test(index) }
}

function nameOrDigits(inner: string): string {
  // As in the name of a data stream, where `-` parts the names.
  if (names.has(inner)) return '[^-]+'
  return plain(inner).replaceAll(/yyyy|MM|dd|HH/g, (part) => `\\d{${part.length}}`)
}

/** The text as a regex that matches it alone. */
export function plain(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** The families that these routes name, each once. */
export function familiesOf(routes: readonly { readonly index?: string }[]): IndexFamily[] {
  const patterns = new Set(routes.flatMap(({ index }) => (index === undefined ? [] : [index])))
  return [...patterns].map(indexFamily)
}
