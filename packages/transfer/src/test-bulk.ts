import { FetchedBatch } from '@logpipe/kafka'
import { ByteBudget } from './consume/budget.ts'
import { Segment } from './consume/segment.ts'
import { Bulk, type BulkLimits } from './sink/bulk.ts'
import type { SinkUnderTest } from './sink/sink.conformance.ts'

export interface TestItem {
  index: string
  id: string
  source: object
}

/** A bulk of these documents, all of one segment, with offsets 0, 1, 2 …; full, unless `limits` say otherwise. */
export function bulkOf(items: readonly TestItem[], limits?: BulkLimits): Bulk {
  return bulkOfBytes(items.map(itemOf), limits)
}

/** What a bulk for Elasticsearch holds for a document. */
export function itemOf({ index, id, source }: TestItem): Buffer {
  return Buffer.from(`${JSON.stringify({ create: { _index: index, _id: id } })}\n${JSON.stringify(source)}\n`)
}

/** A bulk of these items, all of one segment, with offsets 0, 1, 2 …; full, unless `limits` say otherwise. */
export function bulkOfBytes(items: readonly Buffer[], limits?: BulkLimits): Bulk {
  const bytes = items.reduce((sum, item) => sum + item.length, 1)
  const bulk = new Bulk(limits ?? { maxBytes: bytes, maxItems: items.length }, bytes)
  const owner = { topic: 'test', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }
  bulk.begin(new Segment(owner, new FetchedBatch(Buffer.alloc(61)), 0, () => {}))
  for (const [offset, item] of items.entries())
    bulk.add(bulk.byteLength + item.copy(bulk.body, bulk.byteLength), offset)
  return bulk
}

/** A document as ours look. */
export function logDocument(message: string, more: object = {}): object {
  return { '@timestamp': new Date(1_700_000_000_000).toISOString(), message, ...more }
}

/** The part of a sink under test that makes items for an index which refuses documents whose `log` is no object. */
export function elasticsearchItems(
  index: string,
): Pick<SinkUnderTest, 'item' | 'refused' | 'refusalType' | 'tellsExisting'> {
  return {
    item: (id, message) => itemOf({ index, id, source: logDocument(message) }),
    refused: (id) => itemOf({ index, id, source: logDocument('bad', { log: 'no object' }) }),
    refusalType: 'document_parsing_exception',
    tellsExisting: true,
  }
}
