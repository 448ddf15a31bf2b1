import type { CollectEntry, ParsedLine, ParseSource, PreviewFile, PreviewLine, Registration } from '@logpipe/config'
import type { StoreSession } from '../entries/session.ts'
import { parseLines } from '../parse/parse-lines.ts'
import type { Answered } from './ask.ts'

/** The pipeline that is tried in place of what entries name. */
export interface Tried {
  /** Its name; absent: it is a draft. */
  name?: string
  /** As it would be put. */
  draft?: unknown
  /** Whether the topic of the entries is one that somebody meant. */
  hasTopic: boolean
}

/** What became of lines that agents showed. */
export interface ParsedLines {
  byLine: ReadonlyMap<PreviewLine, ParsedLine>
  /** Why not all is known, in sentences. */
  problems: readonly string[]
  isAnyAlive: boolean
}

export const nothingParsed: ParsedLines = { byLine: new Map(), problems: [], isAnyAlive: true }

/** Asks live transfers what the lines become whose entries name a pipeline, or all of them by the one that is tried. */
export async function parseShown(
  answers: readonly Answered[],
  tried: Tried | null,
  waitMs: number,
  session: StoreSession,
): Promise<ParsedLines> {
  const shown = answers.flatMap(({ registration, asked: { reply }, entries }) =>
    reply?.kind !== 'preview'
      ? []
      : reply.entries.flatMap((row) => {
          const entry = entries.get(row.id)
          if (entry === undefined || (tried === null && entry.pipeline === undefined)) return []
          return row.files.flatMap((file) => shownOf(file, entry, registration, tried))
        }),
  )
  if (shown.length === 0) return nothingParsed
  const draft = tried !== null && 'draft' in tried ? { draft: tried.draft } : {}
  const wish = { sources: shown.map(({ source }) => source), waitMs, ...draft }
  const { sources, ...rest } = await parseLines(wish, session)
  const byLine = new Map<PreviewLine, ParsedLine>()
  for (const [index, { lines }] of shown.entries()) {
    for (const [place, line] of lines.entries()) {
      const parsed = sources[index]?.lines[place]
      if (parsed !== undefined) byLine.set(line, parsed)
    }
  }
  return { byLine, ...rest }
}

interface Shown {
  source: ParseSource
  lines: readonly PreviewLine[]
}

/** What is sent of a file: whole lines, of which a pipeline would get the very same. */
function shownOf(
  { path, lines: all }: PreviewFile,
  { id, topic, pipeline, dataset, namespace, fields, tags }: CollectEntry,
  { host, ip }: Registration,
  tried: Tried | null,
): Shown[] {
  const lines = all.filter(({ isCut, isDeadLetter }) => !isCut && !isDeadLetter)
  if (lines.length === 0) return []
  const name = tried === null ? pipeline : tried.name
  const source = {
    host,
    ip,
    path,
    entry: id,
    ...((tried === null || tried.hasTopic) && { topic }),
    ...(name !== undefined && { pipeline: name }),
    ...(dataset !== undefined && { dataset }),
    ...(namespace !== undefined && { namespace }),
    ...(fields !== undefined && { fields }),
    ...(tags !== undefined && { tags }),
    lines: lines.map(({ offset, text }) => ({ offset, text })),
  }
  return [{ source, lines }]
}
