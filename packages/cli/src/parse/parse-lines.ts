import { askTransfer, type ParsedSource, parseLimits, type ParseSource } from '@logpipe/config'
import type { StoreSession } from '../entries/session.ts'
import { readTransfers } from '../fleet/fleet.ts'

export interface ParseWish {
  sources: readonly ParseSource[]
  /** A pipeline as it would be put, which parses all of them; absent: what they name. */
  draft?: unknown
  /** How long each answer is waited for. */
  waitMs: number
}

/** What came of it: for each source what its lines become, null where nobody said it; and why, in sentences. */
export interface Parsing {
  sources: (ParsedSource | null)[]
  problems: string[]
  /** Whether a transfer is alive at all. */
  isAnyAlive: boolean
}

/** Transfers that are asked one after the other, at most. */
const maxTransfers = 3
/** What goes into one request: its answer is several times as large. */
const [portionLines, portionLength] = [250, 131_072]

/** Asks live transfers what lines become: the next one for what one did not answer, or does not read. Rejects as `askTransfer` does. */
export async function parseLines({ sources, waitMs, ...more }: ParseWish, session: StoreSession): Promise<Parsing> {
  const { store, prefix, by, signal } = session
  const found: (ParsedSource | null)[] = sources.map(() => null)
  const transfers = (await readTransfers(store, prefix)).map(({ registration }) => registration.id)
  if (transfers.length === 0) {
    return { sources: found, problems: ['No live transfer is registered in etcd.'], isAnyAlive: false }
  }
  let problems: string[] = []
  for (const transfer of transfers.slice(0, maxTransfers)) {
    const refusals = new Set<string>()
    for (const portion of portions(sources, found)) {
      const request = { by, waitMs, ...more, sources: portion.map(({ source }) => source) }
      const reply = await askTransfer({ store, prefix, transfer, request }, signal)
      if (reply === null) problems.push(`${transfer} did not answer within ${waitMs / 1_000} s.`)
      else if (reply.kind === 'refused') problems.push(`${transfer} refused: ${reply.reason}`)
      if (reply?.kind !== 'parse') break
      for (const [place, { index }] of portion.entries()) {
        const parsed = reply.sources[place]
        if (parsed?.refused === null) found[index] = parsed
        else if (parsed !== undefined) refusals.add(`${transfer}: ${parsed.refused}`)
      }
    }
    problems.push(...refusals)
    if (found.every((one) => one !== null)) problems = []
    // A draft that one refuses is refused by all.
    if (problems.length === 0 || (more.draft !== undefined && found.every((one) => one === null))) break
  }
  return { sources: found, problems, isAnyAlive: true }
}

interface Placed {
  index: number
  source: ParseSource
}

/** Those that nobody has parsed yet, as many together as one request may hold. */
function portions(sources: readonly ParseSource[], found: readonly (ParsedSource | null)[]): Placed[][] {
  const all: Placed[][] = []
  let [lines, length] = [Infinity, Infinity]
  for (const [index, source] of sources.entries()) {
    if (found[index] !== null) continue
    const ownLength = source.lines.reduce((sum, { text }) => sum + text.length, 0)
    lines += source.lines.length
    length += ownLength
    const last = all.at(-1)
    if (last === undefined || lines > portionLines || length > portionLength || last.length >= parseLimits.sources) {
      all.push([{ index, source }])
      ;[lines, length] = [source.lines.length, ownLength]
    } else last.push({ index, source })
  }
  return all
}
