import type { LineGrouper } from '../stages.ts'
import { go } from './go.ts'
import { java } from './java.ts'
import { node } from './node.ts'
import { type LineMatcher, LinePattern } from './line-pattern.ts'
import { ContinueGrouper, EndGrouper, SpanGrouper, StartGrouper } from './patterns.ts'
import { python } from './python.ts'
import { CountGrouper, IndentGrouper } from './shapes.ts'
import { TraceGrouper } from './trace.ts'

const languages = { java, python, go, node }

/** What decides which lines are one event, as an entry has it: one of these keys, or `start` and `end` together. */
export interface GroupingOptions {
  readonly preset?: keyof typeof languages | undefined
  readonly start?: string | undefined
  readonly continue?: string | undefined
  readonly end?: string | undefined
  readonly negate: boolean
  readonly indent: boolean
  readonly count?: number | undefined
}

/**
 * Makes groupers of a kind, one for each source. Compiles the patterns at once and once, by `compileRegex`; what that throws goes
 * through.
 */
export function compileGrouping(
  options: GroupingOptions,
  compileRegex: (pattern: string) => LineMatcher,
): () => LineGrouper {
  const { preset, count, negate } = options
  const [start, continues, end] = [options.start, options.continue, options.end].map((pattern) =>
    pattern === undefined ? null : new LinePattern(pattern, compileRegex),
  )
  if (preset !== undefined) return () => new TraceGrouper(languages[preset])
  if (start && end) return () => new SpanGrouper(start, end, negate)
  if (start) return () => new StartGrouper(start, negate)
  if (continues) return () => new ContinueGrouper(continues, negate)
  if (end) return () => new EndGrouper(end, negate)
  if (count !== undefined) return () => new CountGrouper(count)
  return () => new IndentGrouper()
}

/** A grouper for one source: where there are several of an entry, `compileGrouping` compiles its patterns only once. */
export function makeGrouper(options: GroupingOptions, compileRegex: (pattern: string) => LineMatcher): LineGrouper {
  return compileGrouping(options, compileRegex)()
}
