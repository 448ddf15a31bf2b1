import { isIdFront } from '@logpipe/config'
import type { JsonObject } from '../pipeline/json-value.ts'
import { flatLabel, pathOf } from '../pipeline/path.ts'
import { DatedIndex } from './dated-index.ts'
import { dataStreamName, dataStreamPart, type Target } from './target.ts'

/**
 * What all documents of one source (or of one partition of foreign records) have in common, as bytes ready to be copied:
 *
 *   action   {"create":{"_index":"logs-web_log-default","_id":"AAAAAAAAAAAAAAAA
 *   fields   ","dataset":"web_log"},"data_stream":{…},"host":{…},"log":{"file":{"path":"…"},"offset":
 *                                 ▲ eventEnd        ▲ streamEnd  ▲ logStart
 */
export interface Origin {
  /** The action line up to the part of `_id` that differs from record to record. */
  readonly action: Buffer
  /** From behind `event.ingested` up to the value that differs: `log.offset`, or `message` of a foreign record. */
  readonly fields: Buffer
  /** Whether documents are made of the bytes alone: no pipeline, no dated index. */
  readonly isPlain: boolean
  /** Name of the pipeline that parses the lines; null: none. */
  readonly pipeline: string | null
  /** Where documents go by their date, instead of the data stream. */
  readonly index: DatedIndex | null
  /** What of `_id` all have in common. */
  readonly idFront: string
  /** The fields as an object, where what a pipeline found has to be merged with them. Read-only. */
  readonly base: JsonObject
  /** Positions in `fields`: before the brace that closes `event`, behind `data_stream`, before `log` (or `message`). */
  readonly eventEnd: number
  readonly streamEnd: number
  readonly logStart: number
}

/** Where documents go, and how they are parsed, that name no dataset, namespace or pipeline themselves. */
export interface Defaults {
  type: string
  namespace: string
  dataset?: string
  pipeline?: string
  index?: string
}

/**
 * The origin of records with this `source` header; null where the header is not one of ours (no JSON object, no proper id):
 * such a record is treated as a foreign one.
 */
export function parseOrigin(header: Buffer, topic: string, defaults: Defaults): Origin | null {
  const source = parseObject(header)
  if (source === null || !isIdFront(source['id'])) return null
  const dataset = dataStreamPart(textOf(source['dataset']) ?? defaults.dataset ?? topic)
  const namespace = dataStreamPart(textOf(source['namespace']) ?? defaults.namespace)
  const host = withoutNulls({ name: textOf(source['host']), ip: textOf(source['ip']) })
  const labels = labelsOf(source['fields'])
  const tags = Array.isArray(source['tags']) ? source['tags'].filter((tag) => typeof tag === 'string') : []
  const path = textOf(source['path'])
  const sections: JsonObject = {
    ...(Object.keys(host).length > 0 ? { host } : {}),
    ...(labels !== null ? { labels } : {}),
    ...(tags.length > 0 ? { tags } : {}),
  }
  return makeOrigin({
    topic,
    target: { type: defaults.type, dataset, namespace },
    defaults,
    pipeline: textOf(source['pipeline']) ?? defaults.pipeline ?? null,
    idFront: source['id'],
    sections,
    base: path === null ? sections : { ...sections, log: { file: { path } } },
    tail: `,"log":{${path === null ? '' : `"file":{"path":${JSON.stringify(path)}},`}"offset":`,
  })
}

/** The origin of records that other producers wrote into this partition. */
export function foreignOrigin(topic: string, partition: number, defaults: Defaults): Origin {
  const { type, namespace } = defaults
  return makeOrigin({
    topic,
    target: { type, dataset: dataStreamPart(defaults.dataset ?? topic), namespace },
    defaults,
    pipeline: defaults.pipeline ?? null,
    idFront: `${topic}-${partition}-`,
    sections: {},
    base: {},
    tail: ',"message":"',
  })
}

interface OriginInput {
  topic: string
  target: Target
  defaults: Defaults
  pipeline: string | null
  idFront: string
  /** What stands between `data_stream` and the tail. */
  sections: JsonObject
  base: JsonObject
  /** From `log` or `message` on. */
  tail: string
}

function makeOrigin({ topic, target, defaults, pipeline, idFront, sections, base, tail }: OriginInput): Origin {
  const { type, dataset, namespace } = target
  const stream = { type, dataset, namespace }
  const names = { topic: dataStreamPart(topic), dataset, namespace }
  const index = defaults.index === undefined ? null : new DatedIndex(defaults.index, names)
  const event = `","dataset":${JSON.stringify(dataset)}`
  // What stands in a plain index is no part of a data stream.
  const head = `${event}}${index === null ? `,"data_stream":${JSON.stringify(stream)}` : ''}`
  const middle = Object.entries(sections).map(([name, value]) => `,"${name}":${JSON.stringify(value)}`)
  const front = head + middle.join('')
  return {
    action: Buffer.from(actionText(dataStreamName(target), idFront)),
    fields: Buffer.from(front + tail),
    isPlain: pipeline === null && index === null,
    pipeline,
    index,
    idFront,
    base: { ...base, event: { dataset }, ...(index === null ? { data_stream: stream } : {}) },
    eventEnd: Buffer.byteLength(event),
    streamEnd: Buffer.byteLength(head),
    logStart: Buffer.byteLength(front),
  }
}

/** The action line up to the part of `_id` that differs. */
export function actionText(index: string, idFront: string): string {
  return `{"create":{"_index":${JSON.stringify(index)},"_id":"${idFront}`
}

function parseObject(header: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(header.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** The labels, by names that Elasticsearch takes; it would refuse every line of the source else. */
function labelsOf(fields: unknown): Record<string, string> | null {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return null
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    labels[flatLabel(pathOf(name).given)] = String(value)
  }
  return Object.keys(labels).length === 0 ? null : labels
}

function withoutNulls(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null))
}
