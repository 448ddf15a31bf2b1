/** How an entry spreads its lines over the partitions of a topic: `key`: all under that; `number`: all to that one. */
export type PartitionMode = 'source' | 'roundrobin' | 'random' | { readonly key: string } | { readonly number: number }

/** The key of the records of a source; null where they have none. */
export function partitionKey(mode: PartitionMode, sourceKey: Buffer): Buffer | null {
  if (typeof mode === 'object') return 'key' in mode ? Buffer.from(mode.key) : null
  return mode === 'source' ? sourceKey : null
}

/** The partition for all records of this key; null where they are spread. */
export function chosenPartition(mode: PartitionMode, key: Buffer, partitions: number): number | null {
  if (typeof mode === 'object' && 'number' in mode) return mode.number
  if (mode === 'roundrobin' || mode === 'random') return null
  return partitionOf(partitionKey(mode, key) ?? key, partitions)
}

/**
 * The partition in which Kafka's own clients put records of this key: so lines of a source share one with whatever else is sent
 * under that key.
 */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Picks partitions for batches whose lines have no key. */
export class PartitionSpread {
  readonly #mode: 'roundrobin' | 'random'
  #next = Math.floor(Math.random() * 2 ** 16)

  constructor(mode: 'roundrobin' | 'random') {
    this.#mode = mode
  }

  pick(partitions: number): number {
    return this.#mode === 'random' ? Math.floor(Math.random() * partitions) : this.#next++ % partitions
  }
}

/** MurmurHash2 (Austin Appleby, public domain), 32 bits, with the seed of Kafka's Java client. */
export function murmur2(data: Buffer): number {
  const m = 0x5bd1e995
  const { length } = data
  let h = 0x9747b28c ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let k = Math.imul(data.readInt32LE(at), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  const rest = length - at
  if (rest === 3) h ^= (data[at + 2] as number) << 16
  if (rest >= 2) h ^= (data[at + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (data[at] as number), m)
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}
