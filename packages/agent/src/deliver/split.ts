import { offsetHeader, type Source, sourceHeader } from '@logpipe/config'
import { FetchedBatch, type PlainRecord, RecordBatchEncoder } from '@logpipe/kafka'
import { pieceEnd } from '../harvest/lines.ts'
import { Batch, noTime } from './batch.ts'

/** A line whose value is not larger than this is not cut any further. */
const leastPieceBytes = 1_024

interface Line {
  record: PlainRecord
  value: Buffer
  sourceId: string
  offset: number
}

/**
 * Two batches that hold what `batch` holds, for Kafka found it too large: its lines in halves, or its only line in two pieces with an
 * offset each. Null where that line is so short that pieces of it would not help. The slow path: objects for every line.
 */
export async function splitBatch(batch: Batch): Promise<[Batch, Batch] | null> {
  const lines = await readLines(batch)
  const halves = lines.length > 1 ? halve(lines) : cutLine(lines[0] as Line, batch)
  if (halves === null) return null
  const [front, back] = halves.map((half) => encode(half, batch, half[0]?.record.timestampMs)) as [Batch, Batch]
  for (const { owner, start, end, tail } of batch.ranges) {
    const first = halves[1].find(({ sourceId }) => sourceId === owner.id)?.offset ?? end
    // A source has several ranges here where what stands between them went another way.
    const border = Math.min(Math.max(first, start), end)
    if (border > start) front.ranges.push({ owner, start, end: border, tail: border === end ? tail : null })
    if (border < end) back.ranges.push({ owner, start: border, end, tail })
  }
  return [front, back]
}

/** A batch that stands for `batch`: the same lines without a time, which Kafka takes whatever its clock says. The slow path, too. */
export async function untimedBatch(batch: Batch): Promise<Batch> {
  const untimed = encode(await readLines(batch), batch, noTime)
  untimed.ranges.push(...batch.ranges)
  untimed.timed = batch
  return untimed
}

/** These lines, all with this time, as a batch that takes the way of `batch`. */
function encode(lines: readonly Line[], batch: Batch, timestampMs: number | undefined): Batch {
  const encoder = new RecordBatchEncoder(batch.encoder.byteLength + 1_024)
  encoder.reset(timestampMs)
  for (const { record, value } of lines) {
    encoder.appendRecord({ key: record.key ?? null, value, headers: record.headers ?? [] })
  }
  const made = new Batch(encoder, batch.openedAt, false)
  made.partition = batch.partition
  return made
}

async function readLines(batch: Batch): Promise<Line[]> {
  const bytes = batch.encoded?.bytes
  if (bytes === undefined) throw new TypeError('A batch is split after it was sealed.')
  const cursor = await new FetchedBatch(bytes).open()
  const lines: Line[] = []
  while (cursor.next()) {
    const headers = cursor.headers().map(({ key, value }) => ({ key, value: value ?? Buffer.alloc(0) }))
    const named = (name: string): string => headers.find(({ key }) => key === name)?.value.toString() ?? ''
    lines.push({
      record: {
        key: cursor.keyStart < 0 ? null : cursor.buffer.subarray(cursor.keyStart, cursor.keyEnd),
        value: null,
        headers,
        timestampMs: cursor.timestampMs,
      },
      value: cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd),
      sourceId: (JSON.parse(named(sourceHeader)) as Source).id,
      offset: Number(named(offsetHeader)),
    })
  }
  return lines
}

function halve(lines: Line[]): [Line[], Line[]] {
  const middle = Math.floor(lines.length / 2)
  return [lines.slice(0, middle), lines.slice(middle)]
}

function cutLine(line: Line, { ranges }: Batch): [Line[], Line[]] | null {
  const { value, record } = line
  if (value.length <= leastPieceBytes) return null
  const end = pieceEnd(value, 0, value.length >> 1)
  const range = ranges.find(
    (each) => each.owner.id === line.sourceId && each.start <= line.offset && line.offset < each.end,
  )
  const sourceBytes = (range?.end ?? Infinity) - line.offset
  // A line that was decoded may be longer than what it was made of: its pieces' offsets must not be those of lines behind it.
  const offset = line.offset + (end < sourceBytes ? end : Math.floor((end * sourceBytes) / value.length))
  if (offset <= line.offset) return null
  const text = Buffer.from(String(offset))
  const moved = (record.headers ?? []).map((header) =>
    header.key === offsetHeader ? { key: offsetHeader, value: text } : header,
  )
  return [
    [{ ...line, value: value.subarray(0, end) }],
    [{ ...line, offset, value: value.subarray(end), record: { ...record, headers: moved } }],
  ]
}
