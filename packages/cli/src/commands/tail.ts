import { offsetHeader, sourceHeader, type Source } from '@logpipe/config'
import { type RecordCursor } from '@logpipe/kafka'
import { type Output, print, remark } from '@logpipe/runtime/terminal'
import { topicGlobs, TopicTail } from '../kafka/topic-tail.ts'
import { lineText } from '../output/line.ts'
import { type CliSettings, need } from '../settings.ts'
import { pathPattern } from '../path-pattern.ts'

export interface TailFlags {
  host?: string
  path?: string
  json?: boolean
}

const sourceName = Buffer.from(sourceHeader)
const offsetName = Buffer.from(offsetHeader)

/** `logctl tail`: prints lines as they come into Kafka, from now on, until `signal` aborts (then it resolves). */
export async function tail(
  topics: string | undefined,
  flags: TailFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const globs = topicGlobs(topics)
  const matchesPath = flags.path === undefined ? () => true : pathPattern(flags.path)
  const live = new TopicTail(need(settings, 'kafka'), globs)
  try {
    const names = await live.start(signal)
    remark(output, `Lines as they come into ${names.join(', ')}; Ctrl-C ends it.`)
    await live.run(async (topic, partition, cursor) => {
      const source = sourceOf(cursor)
      if (flags.host !== undefined && source?.host !== flags.host) return
      if (!matchesPath(source?.path ?? '')) return
      const text =
        flags.json === true ? jsonLine(topic, partition, cursor, source) : humanLine(topic, cursor, source, output)
      await print(output, text, signal)
    }, signal)
  } finally {
    await live.close()
  }
}

function jsonLine(topic: string, partition: number, cursor: RecordCursor, source: Source | null): string {
  const { offset } = cursor
  const lineOffset = Number(headerText(cursor, offsetName) ?? Number.NaN)
  const line = {
    '@timestamp': new Date(cursor.timestampMs).toISOString(),
    message: message(cursor),
    ...(source !== null && { host: { name: source.host, ip: source.ip } }),
    ...(source !== null && { log: { file: { path: source.path }, ...(lineOffset >= 0 && { offset: lineOffset }) } }),
    kafka: { topic, partition, offset },
  }
  return `${JSON.stringify(line)}\n`
}

function humanLine(topic: string, cursor: RecordCursor, source: Source | null, { isTerminal }: Output): string {
  const time = new Date(cursor.timestampMs).toISOString()
  return lineText(
    { time, host: source?.host ?? '-', path: source?.path ?? topic, message: message(cursor) },
    isTerminal,
  )
}

function message({ buffer, valueStart, valueEnd }: RecordCursor): string {
  return valueStart < 0 ? '' : buffer.toString('utf8', valueStart, valueEnd)
}

/** Where the line comes from; null where the record is not an agent's. */
function sourceOf(cursor: RecordCursor): Source | null {
  const text = headerText(cursor, sourceName)
  if (text === null) return null
  try {
    const source = JSON.parse(text) as Source | null
    return typeof source?.host === 'string' && typeof source.path === 'string' ? source : null
  } catch {
    return null
  }
}

function headerText(cursor: RecordCursor, name: Buffer): string | null {
  if (!cursor.findHeader(name) || cursor.headerValueStart < 0) return null
  return cursor.buffer.toString('utf8', cursor.headerValueStart, cursor.headerValueEnd)
}
