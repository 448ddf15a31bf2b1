import { FetchedBatch } from '@logpipe/kafka'
import { ByteBudget } from './consume/budget.ts'
import { Segment } from './consume/segment.ts'
import { Bulk } from './sink/bulk.ts'

export interface TestItem {
  index: string
  id: string
  source: object
}

/** A bulk of these documents, all of one segment, with offsets 0, 1, 2 … */
export function bulkOf(items: readonly TestItem[]): Bulk {
  const lines = items.map(({ index, id, source }) =>
    Buffer.from(`${JSON.stringify({ create: { _index: index, _id: id } })}\n${JSON.stringify(source)}\n`),
  )
  const bytes = lines.reduce((sum, line) => sum + line.length, 1)
  const bulk = new Bulk({ maxBytes: bytes, maxItems: items.length }, bytes)
  const owner = { topic: 'test', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }
  bulk.begin(new Segment(owner, new FetchedBatch(Buffer.alloc(61)), 0, () => {}))
  for (const [offset, line] of lines.entries())
    bulk.add(bulk.byteLength + line.copy(bulk.body, bulk.byteLength), offset)
  return bulk
}

/** A document as ours look. */
export function logDocument(message: string, more: object = {}): object {
  return { '@timestamp': new Date(1_700_000_000_000).toISOString(), message, ...more }
}
