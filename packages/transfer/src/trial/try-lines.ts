import { offsetHeader, type ParsedLine, type Source, sourceHeader } from '@logpipe/config'
import { FetchedBatch, RecordBatchEncoder } from '@logpipe/kafka'
import { DocumentWriter } from '../document/document.ts'
import { type Defaults, parseOrigin } from '../document/origin.ts'
import { OriginCache } from '../document/origin-cache.ts'
import type { Pipelines } from '../pipeline/pipelines.ts'
import { Bulk } from '../sink/bulk.ts'

/** A line as an agent would send it. */
export interface TriedLine {
  /** Where it begins in its file, in bytes. */
  readonly offset: number
  readonly bytes: Buffer
}

export interface TrialOptions {
  topic: string
  /** What rides with all of them. */
  source: Omit<Source, 'id'>
  defaults: Defaults
  pipelines: Pipelines
  /** Bytes of a document, at most; of a larger one nothing is shown. Default: no bound. */
  maxBytes?: number
}

/** Room for the record of a line beside its bytes and its `source`. */
const recordBytes = 1_024

/**
 * What these lines become, one after the other: through a record batch and the writer that the transfer itself uses, so that nothing is shown that would not
 * be indexed.
 */
export async function* tryLines(
  lines: readonly TriedLine[],
  { topic, source, defaults, pipelines, maxBytes = Infinity }: TrialOptions,
): AsyncGenerator<ParsedLine> {
  const header = { key: sourceHeader, value: Buffer.from(JSON.stringify({ id: 'AAAAAAAAAAAAAAAA', ...source })) }
  const each = header.value.length + recordBytes
  const encoder = new RecordBatchEncoder(lines.reduce((sum, line) => sum + line.bytes.length + each, each))
  encoder.reset(Date.now())
  for (const { bytes: value, offset } of lines) {
    encoder.appendRecord({ value, headers: [header, { key: offsetHeader, value: Buffer.from(String(offset)) }] })
  }
  const cursor = await new FetchedBatch((await encoder.seal('none')).bytes).open()

  let isParsed = true
  const origins = new OriginCache(1, (bytes, name) => parseOrigin(bytes, name, defaults))
  const onUnparsed = (): void => void (isParsed = false)
  const writer = new DocumentWriter(topic, 0, origins, defaults, { pipelines, binary: 'base64', onUnparsed })
  const bulk = new BoundedBulk(maxBytes)
  bulk.ingestedMs = Date.now()
  while (cursor.next()) {
    bulk.reset()
    isParsed = true
    const written = writer.write(cursor, bulk)
    const [refused] = bulk.refused
    if (written === 'dropped') yield { fate: 'dropped' }
    else if (written === 'full') yield { fate: 'unknown', reason: `It may be larger than ${maxBytes} bytes.` }
    else if (refused !== undefined) yield { fate: 'deadLetter', reason: refused.reason }
    else yield { fate: 'document', ...documentOf(bulk), isParsed }
  }
}

/** Holds one document, which must not be larger than this. */
class BoundedBulk extends Bulk {
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    super({ maxBytes: Number.MAX_SAFE_INTEGER, maxItems: 1 }, 65_536)
    this.#maxBytes = maxBytes
  }

  override reserve(bytes: number): boolean {
    return bytes <= this.#maxBytes && super.reserve(bytes)
  }
}

/** The one document of the bulk, its second line, and where it goes. */
function documentOf(bulk: Bulk): { index: string; document: Record<string, unknown> } {
  const text = bulk.body.toString('utf8', bulk.startOf(0), bulk.endOf(0))
  const end = text.indexOf('\n')
  const action = JSON.parse(text.slice(0, end)) as { create: { _index: string } }
  return { index: action.create._index, document: JSON.parse(text.slice(end + 1)) as Record<string, unknown> }
}
