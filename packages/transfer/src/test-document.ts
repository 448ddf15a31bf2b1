import assert from 'node:assert/strict'
import type { Source } from '@logpipe/config'
import { FetchedBatch, type PlainRecord, RecordBatchEncoder, type RecordCursor } from '@logpipe/kafka'
import { DocumentWriter, type Parsing } from './document/document.ts'
import { type Defaults, parseOrigin } from './document/origin.ts'
import { OriginCache } from './document/origin-cache.ts'
import type { Written } from './document/writer.ts'
import { Bulk } from './sink/bulk.ts'

export const ingestedMs = Date.UTC(2026, 10, 20, 21, 0, 1)
export const readMs = Date.UTC(2026, 10, 20, 21, 0, 0, 123)
export const source: Source = {
  id: 'AAAAAAAAAAAAAAAA',
  host: 'web-1',
  ip: '10.0.0.1',
  path: '/var/log/web "a".log',
  entry: 'web',
}

export interface WriterOptions {
  topic?: string
  defaults?: Partial<Defaults>
  parsing?: Parsing
}

/** The writer of partition 3 of a topic. */
export function writer({ topic = 'web_log', defaults, parsing }: WriterOptions = {}): DocumentWriter {
  const all = { type: 'logs', namespace: 'default', ...defaults }
  const origins = new OriginCache(100, (header, name) => parseOrigin(header, name, all))
  return new DocumentWriter(topic, 3, origins, all, parsing)
}

/** A line as an agent sends it. */
export function own(value: string | Buffer, offset: number | string, from: object = source): PlainRecord {
  return {
    value: Buffer.from(value),
    timestampMs: readMs,
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(from)) },
      { key: 'offset', value: Buffer.from(String(offset)) },
    ],
  }
}

/** A cursor before the first of these records, which are one record batch. */
export async function cursorOf(records: readonly PlainRecord[]): Promise<RecordCursor> {
  const encoder = new RecordBatchEncoder(8 << 20)
  encoder.reset(readMs)
  for (const record of records) assert.ok(encoder.appendRecord(record))
  const { bytes } = await encoder.seal('none')
  return await new FetchedBatch(bytes).open()
}

export interface Item {
  action: { create: { _index: string; _id: string } }
  source: Record<string, unknown>
}

/** The documents of a bulk, as Elasticsearch reads them. */
export function items(bulk: Bulk): Item[] {
  const lines = bulk.body.toString('utf8', 0, bulk.byteLength).split('\n')
  assert.equal(lines.pop(), '', 'a bulk ends with a newline')
  return Array.from({ length: lines.length / 2 }, (_, item) => ({
    action: JSON.parse(lines[item * 2] as string) as Item['action'],
    source: JSON.parse(lines[item * 2 + 1] as string) as Item['source'],
  }))
}

/** What a writer makes of these records, and what it says. */
export async function write(
  records: readonly PlainRecord[],
  options?: WriterOptions,
): Promise<{ items: Item[]; written: Written[]; bulk: Bulk }> {
  const bulk = new Bulk({ maxBytes: 1 << 20, maxItems: 1_000 }, 1 << 20)
  bulk.ingestedMs = ingestedMs
  const documents = writer(options)
  const cursor = await cursorOf(records)
  const written: Written[] = []
  while (cursor.next()) written.push(documents.write(cursor, bulk))
  return { items: items(bulk), written, bulk }
}
