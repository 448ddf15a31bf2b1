export interface OrderFault {
  stream: string
  file: number
  sequence: number
  /** The later sequence that stands before it. */
  after: number
}

interface Stream {
  name: string
  file: number
  positions: number[]
  sequences: number[]
}

/** Collects (position, sequence) pairs of each stream and finds those where the sequence goes back. One owner. */
export class StreamOrder {
  readonly #streams = new Map<string, Stream>()

  /** `sequence` of `file` stands at `position` of stream `name`. Pairs may come in any order. */
  add(name: string, file: number, position: number, sequence: number): void {
    const key = `${name}/${file}`
    let stream = this.#streams.get(key)
    if (stream === undefined) {
      stream = { name, file, positions: [], sequences: [] }
      this.#streams.set(key, stream)
    }
    stream.positions.push(position)
    stream.sequences.push(sequence)
  }

  /** How many stand behind a later one of their stream, and the first few of them. */
  faults(maxExamples: number): { count: number; examples: OrderFault[] } {
    let count = 0
    const examples: OrderFault[] = []
    for (const stream of this.#streams.values()) {
      let last = -1
      for (const sequence of inOrder(stream)) {
        if (sequence < last) {
          count++
          if (examples.length < maxExamples) {
            examples.push({ stream: stream.name, file: stream.file, sequence, after: last })
          }
        } else {
          last = sequence
        }
      }
    }
    return { count, examples }
  }
}

function inOrder({ positions, sequences }: Stream): number[] {
  const sorted = positions.every((position, i) => i === 0 || position >= (positions[i - 1] as number))
  if (sorted) return sequences
  const indexes = Uint32Array.from(positions.keys())
  indexes.sort((a, b) => (positions[a] as number) - (positions[b] as number))
  return Array.from(indexes, (i) => sequences[i] as number)
}
