import type { Followed } from '../follow.ts'
import { isKeptOf, type KeptValue, type PastChange } from './audit.ts'

/** A change that nobody has written down. */
export interface HandMade {
  key: string
  /** What was known to stand there last, as it is known: perhaps by its hash. */
  from: KeptValue
  to: string | null
  /** The revision that it made; of a deletion, the one at which the key was seen to be gone. */
  revision: number
}

/**
 * What was changed under a followed prefix without a record of it. `last`: the last record of each key, read after `followed` was: whoever changes a key
 * as we do has written the record of it with it. Several changes of a key since its last record are one. The same value written again is none.
 */
export function handMadeChanges(
  last: ReadonlyMap<string, Pick<PastChange, 'revision' | 'to'>>,
  { items, revision }: Followed,
): HandMade[] {
  const found: HandMade[] = []
  for (const { key, value, modRevision } of items.values()) {
    const record = last.get(key)
    if (record === undefined) found.push({ key, from: { unknown: true }, to: value, revision: modRevision })
    else if (record.revision < modRevision && !isKeptOf(record.to, value)) {
      found.push({ key, from: record.to, to: value, revision: modRevision })
    }
  }
  for (const [key, record] of last) {
    // A record of later than what was followed is of a key that we have not seen yet.
    if (record.to === null || record.revision > revision || items.has(key)) continue
    found.push({ key, from: record.to, to: null, revision })
  }
  return found
}
