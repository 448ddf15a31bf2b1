import assert from 'node:assert/strict'
import type { Rig } from './rig.ts'
import type { Life, Model } from './tail-model.ts'

/** All that had to arrive has; nothing else, nothing changed, nothing more often than it may, and that in order. */
export async function checkArrived(rig: Rig, model: Model, isOrdered: boolean): Promise<void> {
  const bySource = new Map<string, Map<number, string>>()
  const fronts = new Map<string, string>()
  for (const { source, idFront, offset, text } of await rig.arrived()) {
    const front = fronts.get(`${source}:${offset}`) ?? idFront
    assert.equal(idFront, front, `${source}:${offset} arrived under two ids`)
    fronts.set(`${source}:${offset}`, idFront)
    const records = bySource.get(source) ?? new Map<number, string>()
    bySource.set(source, records)
    const known = records.get(offset)
    // Same id, same document: the index keeps the first. (The end of a copy can be that of a line that was read whole in its original.)
    if (known !== undefined) {
      assert.ok(known.startsWith(text), `${source}:${offset} arrived as '${known}', then as '${text}'`)
      continue
    }
    if (isOrdered) assert.ok(offset > last(records), 'a line stands behind a later one of its file')
    records.set(offset, text)
  }
  const counts = new Map<string, number>()
  for (const records of bySource.values()) count(lifeOf(records, model), records, counts)
  for (const life of model.lives) {
    for (const { text } of life.lines) {
      const arrivals = counts.get(text) ?? 0
      assert.ok(arrivals <= model.most(life), `arrived ${arrivals} times: ${text.slice(0, 20)}`)
      assert.ok(arrivals >= 1 || model.atRisk.has(text), `missing: ${text.slice(0, 20)}`)
    }
  }
}

function last(records: Map<number, string>): number {
  let last = -1
  for (const offset of records.keys()) last = Math.max(last, offset)
  return last
}

/** The life that a source has read. */
function lifeOf(records: Map<number, string>, model: Model): Life {
  const isIn = ({ content }: Life): boolean => {
    for (const [offset, text] of records) if (!content.startsWith(text, offset)) return false
    return true
  }
  const life = model.lives.find(isIn)
  assert.ok(
    life !== undefined,
    `never written: ${JSON.stringify([...records].map(([at, text]) => [at, text.slice(0, 20)]))}`,
  )
  return life
}

/** Counts the lines that a source has brought, whole or in pieces. */
function count(life: Life, records: Map<number, string>, counts: Map<string, number>): void {
  const pieces = [...records].toSorted(([a], [b]) => a - b)
  let at = 0
  for (const { text, start, end } of life.lines) {
    while (at < pieces.length && (pieces[at] as Piece)[0] < start) at++
    let covered = start
    for (; at < pieces.length; at++) {
      const [offset, piece] = pieces[at] as Piece
      if (offset !== covered || offset >= end) break
      covered = offset + piece.length
    }
    if (covered >= end) counts.set(text, (counts.get(text) ?? 0) + 1)
  }
}

/** A record of a source. */
type Piece = [offset: number, text: string]
