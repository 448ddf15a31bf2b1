import { writeOffsetText } from '@logpipe/config'
import type { RecordCursor } from '@logpipe/kafka'
import type { PipelineEvent } from '../pipeline/event.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../pipeline/json-value.ts'
import type { Bulk } from '../sink/bulk.ts'
import { writeForeignId } from './document-id.ts'
import { maxEscapedBytes, writeJsonText } from './escape.ts'
import { datingTime, isOddTime, oddTimeTag } from './odd-time.ts'
import { actionText, type Origin } from './origin.ts'
import { Stamp } from './stamp.ts'
import { isMoment } from './timestamp.ts'

const messageHead = Buffer.from(',"message":"')
const messageTail = Buffer.from('"}\n')
const comma = 0x2c
const closingBrace = 0x7d
const noFields = '{}'
/** More than what a document has beside origin, fields and message: id, stamp, offset, brackets. */
const overheadBytes = 512
/** Bytes of UTF-8 that one character of a text (a unit of UTF-16) may need. */
const maxUtf8Bytes = 3

/**
 * Writes what a pipeline made of a record as an ECS document: the origin's bytes where nothing collides with them, one JSON.stringify
 * of what was found, and the message's own bytes where it is still the line. What was found is merged with what the record
 * brought so: ids, streams, `log.offset`, `log.file.path` and the other times are ours; `tags` are joined; `labels`, `event.*`
 * and `log.*` of a pipeline win. A pipeline that sets another `host.name` says that the line was written elsewhere: `host`
 * is its own then, and the host that collected it stands in `agent.name`. One owner.
 */
export class ParsedWriter {
  readonly #topic: string
  readonly #stamp = new Stamp()

  constructor(topic: string) {
    this.#topic = topic
  }

  /**
   * Adds the document to `bulk`; false where that has no room. `offset`: of an agent's line, whose `offset` header the cursor must stand
   * on; −1 for a foreign record. What `event` holds is used up.
   */
  write(event: PipelineEvent, origin: Origin, offset: number, cursor: RecordCursor, bulk: Bulk): boolean {
    const timestampMs = isMoment(event.timestampMs) ? event.timestampMs : bulk.ingestedMs
    if (isOddTime(timestampMs, bulk.ingestedMs)) event.tag(oddTimeTag(timestampMs, bulk.ingestedMs))
    const own = offset >= 0
    const eventText = innerText(event.takeOut('event'))
    const sections = sectionsText(event, origin, own)
    const logHead = own ? logHeadText(event, origin) : ''
    const logText = own ? innerText(event.takeOut('log')) : ''
    const rest = event.hasFields ? JSON.stringify(event.fields) : noFields
    const message = event.isMessageUntouched
      ? ''
      : event.hasMessage
        ? `,"message":${JSON.stringify(event.message)}}\n`
        : '}\n'

    const datingMs = datingTime(timestampMs, cursor.timestampMs, bulk.ingestedMs)
    const action = origin.index === null ? null : actionText(origin.index.nameAt(datingMs), origin.idFront)
    const length = cursor.valueEnd - cursor.valueStart
    const texts = eventText.length + (sections?.length ?? 0) + logHead.length + logText.length + rest.length
    const bytes =
      (texts + message.length + (action?.length ?? 0)) * maxUtf8Bytes +
      (event.isMessageUntouched ? length * maxEscapedBytes : 0)
    if (!bulk.reserve(bytes + origin.action.length + origin.fields.length + overheadBytes)) return false

    const { fields } = origin
    const out = bulk.body
    let at = bulk.byteLength
    at += action === null ? origin.action.copy(out, at) : out.write(action, at)
    at = own ? writeOffsetText(out, at, offset) : writeForeignId(cursor, this.#topic, origin.idFront.length, out, at)
    at += this.#stamp.set(cursor.timestampMs, bulk.ingestedMs, timestampMs).copy(out, at)
    let from = 0
    if (eventText !== '') {
      at += fields.copy(out, at, 0, origin.eventEnd)
      at += out.write(`,${eventText}`, at)
      from = origin.eventEnd
    }
    if (sections !== null) {
      at += fields.copy(out, at, from, origin.streamEnd)
      at += out.write(sections, at)
      from = origin.logStart
    }
    if (logHead !== '') {
      at += fields.copy(out, at, from, origin.logStart)
      at += out.write(logHead, at)
    } else at += fields.copy(out, at, from, own ? fields.length : origin.logStart)
    // The header's own digits: they were just found to be a plain decimal number.
    if (own) at += cursor.buffer.copy(out, at, cursor.headerValueStart, cursor.headerValueEnd)
    if (logText !== '') at += out.write(`,${logText}`, at)
    if (own) out[at++] = closingBrace
    if (rest !== noFields) {
      const start = at
      // Its braces give way: a comma takes the place of the first, what follows that of the last.
      at += out.write(rest, at) - 1
      out[start] = comma
    }
    if (event.isMessageUntouched) {
      at += messageHead.copy(out, at)
      at = writeJsonText(out, at, cursor.buffer, cursor.valueStart, cursor.valueEnd)
      at += messageTail.copy(out, at)
    } else at += out.write(message, at)
    bulk.add(at, cursor.offset)
    return true
  }
}

/** The inside of an object's JSON; empty where there is nothing in it. */
function innerText(value: JsonValue | undefined): string {
  return isJsonObject(value) ? JSON.stringify(value).slice(1, -1) : ''
}

/** `host`, `labels`, `tags` and what they bring along, where the pipeline has a say in them; null where it has none. */
function sectionsText(event: PipelineEvent, { base }: Origin, own: boolean): string | null {
  // A record of another producer brings none of its own: they stand with the rest.
  const { host: ourHost, labels: ourLabels, tags: ourTags } = base
  const host = own ? event.takeOut('host') : undefined
  const labels = own ? event.takeOut('labels') : undefined
  if (host === undefined && labels === undefined && event.tags.length === 0) return null
  let text = section('host', isJsonObject(host) ? mergeHost(event, host, ourHost) : ourHost)
  text += section('labels', isJsonObject(labels) ? { ...objectOf(ourLabels), ...labels } : ourLabels)
  const tags = [...(Array.isArray(ourTags) ? ourTags : []), ...event.tags]
  return text + section('tags', tags.length === 0 ? undefined : [...new Set(tags)])
}

function mergeHost(event: PipelineEvent, host: JsonObject, ours: JsonValue | undefined): JsonObject {
  const our = objectOf(ours)
  const ourName = our['name']
  const name = host['name'] ?? ourName
  if (name === undefined || name === ourName) return { ...our, ...host, ...(name === undefined ? {} : { name }) }
  if (ourName !== undefined && event.get('agent.name') === undefined) event.set('agent.name', ourName)
  return host
}

function section(name: string, value: JsonValue | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

/** What stands before `log.offset`, where a pipeline has found more of `log.file` than we know; empty where the origin's bytes will do. */
function logHeadText(event: PipelineEvent, { base }: Origin): string {
  const file = event.get('log.file')
  const log = event.fields['log']
  if (!isJsonObject(log) || !isJsonObject(log['file']) || !isJsonObject(file)) return ''
  const merged = { ...file, ...objectOf(objectOf(base['log'])['file']) }
  event.remove('log.file')
  return `,"log":{"file":${JSON.stringify(merged)},"offset":`
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
