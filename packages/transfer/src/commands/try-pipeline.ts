import { hostname } from 'node:os'
import { offsetHeader, type Source, sourceHeader } from '@logpipe/config'
import { FetchedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import { DocumentWriter } from '../document/document.ts'
import { parseOrigin } from '../document/origin.ts'
import { OriginCache } from '../document/origin-cache.ts'
import type { JsonObject } from '../pipeline/json-value.ts'
import type { Pipelines } from '../pipeline/pipelines.ts'
import { Bulk } from '../sink/bulk.ts'

/** A line of a file, as an agent would send it. */
export interface TriedLine {
  /** From 1. */
  number: number
  /** Where it begins in its file, in bytes. */
  offset: number
  bytes: Buffer
}

/** What became of a line; no document: it was dropped. */
export interface Tried {
  line: TriedLine
  document: JsonObject | null
}

/** Room for the record of a line beside its bytes. */
const recordBytes = 4_096

/**
 * Makes the documents that these lines of `path` become by the pipeline of this name: through a record batch and the writer that the
 * transfer itself uses, so that nothing is shown that would not be indexed.
 */
export async function tryPipeline(
  lines: readonly TriedLine[],
  path: string,
  name: string,
  pipelines: Pipelines,
): Promise<Tried[]> {
  const source: Source = {
    id: 'AAAAAAAAAAAAAAAA',
    host: hostname(),
    ip: '127.0.0.1',
    path,
    entry: 'test',
    pipeline: name,
  }
  const header = { key: sourceHeader, value: Buffer.from(JSON.stringify(source)) }
  const bytes = lines.reduce((sum, line) => sum + line.bytes.length + recordBytes, recordBytes)
  const encoder = new RecordBatchEncoder(bytes)
  encoder.reset(Date.now())
  for (const { bytes: value, offset } of lines) {
    encoder.appendRecord({ value, headers: [header, { key: offsetHeader, value: Buffer.from(String(offset)) }] })
  }
  const cursor = await new FetchedBatch((await encoder.seal('none')).bytes).open()

  const defaults = { type: 'logs', namespace: 'default' }
  const origins = new OriginCache(1, (each, topic) => parseOrigin(each, topic, defaults))
  const writer = new DocumentWriter('test', 0, origins, defaults, { pipelines, binary: 'base64' })
  const bulk = new Bulk({ maxBytes: Number.MAX_SAFE_INTEGER, maxItems: 1 }, 65_536)
  bulk.ingestedMs = Date.now()
  return lines.map((line) => {
    cursor.next()
    bulk.reset()
    const written = writer.write(cursor, bulk)
    return { line, document: written === 'dropped' ? null : documentOf(bulk) }
  })
}

/** The one document of the bulk: its second line. */
function documentOf(bulk: Bulk): JsonObject {
  const text = bulk.body.toString('utf8', bulk.startOf(0), bulk.endOf(0))
  return JSON.parse(text.slice(text.indexOf('\n') + 1)) as JsonObject
}
