import { streamOf, type TopicRecord } from '@logpipe/testkit'

/** A line as it is after its pieces were put together. */
export interface Joined {
  source: string
  offset: number
  line: Buffer
  /** Records it came in. */
  pieces: number
}

/**
 * Puts lines together that came in pieces: what begins where another record of its source ends, without a line end between, is its next
 * piece.
 */
export class Pieces {
  /** Ids that stood for two different records, in words. */
  readonly reused: string[] = []
  copies = 0
  readonly #sources = new Map<string, Map<number, Buffer>>()
  /** The ids in the headers, by source and offset. */
  readonly #headers = new Map<string, string>()

  add({ source, lineOffset, value }: TopicRecord): void {
    const id = streamOf(source)
    const place = `${id} offset ${lineOffset}`
    const header = this.#headers.get(place) ?? source?.id
    this.#headers.set(place, header ?? '')
    if (header !== source?.id) this.reused.push(`source ${place} came under two ids`)
    const piece = value ?? Buffer.alloc(0)
    let pieces = this.#sources.get(id)
    if (pieces === undefined) {
      pieces = new Map()
      this.#sources.set(id, pieces)
    }
    const known = pieces.get(lineOffset)
    if (known === undefined) pieces.set(lineOffset, piece)
    else if (known.equals(piece)) this.copies++
    else this.reused.push(`source ${place} stands for two records`)
  }

  /** What there is now, in order within each source; what has not all its pieces yet is there as far as it came. */
  *lines(): Generator<Joined> {
    for (const [source, pieces] of this.#sources) {
      let open: { offset: number; end: number; parts: Buffer[] } | null = null
      for (const offset of [...pieces.keys()].toSorted((a, b) => a - b)) {
        const piece = pieces.get(offset) as Buffer
        if (open !== null && offset !== open.end) {
          yield joined(source, open)
          open = null
        }
        open ??= { offset, end: offset, parts: [] }
        open.parts.push(piece)
        open.end = offset + piece.length
      }
      if (open !== null) yield joined(source, open)
    }
  }
}

function joined(source: string, { offset, parts }: { offset: number; parts: Buffer[] }): Joined {
  return { source, offset, line: Buffer.concat(parts), pieces: parts.length }
}
