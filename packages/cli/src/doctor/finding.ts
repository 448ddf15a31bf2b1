/** `unknown`: could not be looked at. `warning`: works, but not for sure or not for long. `problem`: does not work. */
export type Level = 'ok' | 'unknown' | 'warning' | 'problem'

/** What a check found, in a sentence, and one of what to do. */
export interface Finding {
  level: Level
  found: string
  todo?: string
}

/** A finding with what it is about. */
export interface NamedFinding extends Finding {
  about: string
  check: string
}

export const ok = (found: string): Finding => ({ level: 'ok', found })
export const unknown = (found: string, todo?: string): Finding => ({ level: 'unknown', found, ...(todo && { todo }) })
export const warning = (found: string, todo: string): Finding => ({ level: 'warning', found, todo })
export const problem = (found: string, todo?: string): Finding => ({ level: 'problem', found, ...(todo && { todo }) })

/** More findings of one check than these are counted, not told. */
const maxTold = 20

/** The worst findings first, and no more than a person reads. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const order: Level[] = ['problem', 'warning', 'unknown', 'ok']
  const sorted = findings.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
  const rest = sorted.slice(maxTold)
  const [worst] = rest
  return worst === undefined
    ? sorted
    : [...sorted.slice(0, maxTold), { level: worst.level, found: `And ${rest.length} more of this kind.` }]
}
