import { fileLines } from './file-lines.ts'
import { type AuditedDocument, type SourceTally, Tally } from './tally.ts'

export interface Audit {
  /** Whole lines of the file. */
  lines: number
  /** The source of which most lines were found: the file as it is now; null: no line of it is in the index. */
  current: SourceTally | null
  /** Sources of other files that stood at this path, or of this file before it was cut. */
  others: { source: string; documents: number }[]
}

/**
 * Holds the documents that speak of a file's path, in the order of their offsets, against the file. `source`: the file's, where it is known. Rejects with
 * what reading either of them rejects with.
 */
export async function auditFile(
  path: string,
  documents: AsyncIterable<AuditedDocument>,
  source?: string,
): Promise<Audit> {
  const tallies = new Map<string, Tally>()
  /** Documents behind the last whole line, or of no source that counts, by source. */
  const elsewhere = new Map<string, number>()
  const pending = documents[Symbol.asyncIterator]()
  let next = await pending.next()
  let lines = 0
  try {
    for await (const line of fileLines(path)) {
      lines++
      const here = new Map<string, AuditedDocument[]>()
      for (; next.done !== true && next.value.offset < line.next; next = await pending.next()) {
        const list = here.get(next.value.source)
        if (list === undefined) here.set(next.value.source, [next.value])
        else list.push(next.value)
      }
      for (const [name, tally] of tallies) if (tally.isInEvent && !here.has(name)) here.set(name, [])
      for (const [name, list] of here) {
        let tally = tallies.get(name)
        if (tally === undefined) tallies.set(name, (tally = new Tally(name)))
        tally.line(lines, line, list)
      }
    }
    for (; next.done !== true; next = await pending.next()) {
      elsewhere.set(next.value.source, (elsewhere.get(next.value.source) ?? 0) + 1)
    }
  } finally {
    await pending.return?.()
  }
  const results = [...tallies.values()].map((tally) => tally.result(lines))
  const current = chosen(results, source)
  for (const { source: name, documents: count } of results) elsewhere.set(name, (elsewhere.get(name) ?? 0) + count)
  if (current !== null) elsewhere.delete(current.source)
  return { lines, current, others: [...elsewhere].map(([name, count]) => ({ source: name, documents: count })) }
}

function chosen(results: readonly SourceTally[], source: string | undefined): SourceTally | null {
  if (source !== undefined) return results.find((result) => result.source === source) ?? null
  // What was found and reads as it does in the file: another file at this path may have lines at the same offsets.
  const alike = ({ found, different }: SourceTally): number => found - different
  const isBetter = (one: SourceTally, than: SourceTally): boolean =>
    alike(one) === alike(than) ? one.found > than.found : alike(one) > alike(than)
  return results.reduce<SourceTally | null>((best, one) => (best === null || isBetter(one, best) ? one : best), null)
}
