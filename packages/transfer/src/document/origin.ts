import { sourceIdLength } from '@logpipe/config'
import { dataStreamName, dataStreamPart, type Target } from './target.ts'

/**
 * What all documents of one source (or of one partition of foreign records) have in common, as bytes ready to be copied:
 *
 *   action   {"create":{"_index":"logs-web_log-default","_id":"AAAAAAAAAAAAAAAA
 *   fields   ","dataset":"web_log"},"data_stream":{…},"host":{…},"log":{"file":{"path":"…"},"offset":
 */
export interface Origin {
  /** The action line up to the part of `_id` that differs from record to record. */
  readonly action: Buffer
  /** From behind `event.ingested` up to the value that differs: `log.offset`, or `message` of a foreign record. */
  readonly fields: Buffer
}

/** Where documents go that name no dataset or namespace themselves. */
export interface Defaults {
  type: string
  namespace: string
}

/**
 * The origin of records with this `source` header; null where the header is not one of ours (no JSON object, no proper id):
 * such a record is treated as a foreign one.
 */
export function parseOrigin(header: Buffer, topic: string, defaults: Defaults): Origin | null {
  const source = parseObject(header)
  if (source === null || !isSourceId(source['id'])) return null
  const dataset = dataStreamPart(textOf(source['dataset']) ?? topic)
  const namespace = dataStreamPart(textOf(source['namespace']) ?? defaults.namespace)
  const target = { type: defaults.type, dataset, namespace }
  const host = withoutNulls({ name: textOf(source['host']), ip: textOf(source['ip']) })
  const labels = labelsOf(source['fields'])
  const tags = Array.isArray(source['tags']) ? source['tags'].filter((tag) => typeof tag === 'string') : []
  const path = textOf(source['path'])
  return {
    action: actionOf(target, source['id']),
    fields: Buffer.from(
      fieldsOf(target) +
        (Object.keys(host).length > 0 ? `,"host":${JSON.stringify(host)}` : '') +
        (labels !== null ? `,"labels":${JSON.stringify(labels)}` : '') +
        (tags.length > 0 ? `,"tags":${JSON.stringify(tags)}` : '') +
        `,"log":{${path === null ? '' : `"file":{"path":${JSON.stringify(path)}},`}"offset":`,
    ),
  }
}

/** The origin of records that other producers wrote into this partition. */
export function foreignOrigin(topic: string, partition: number, defaults: Defaults): Origin {
  const target = { ...defaults, dataset: dataStreamPart(topic) }
  return {
    action: actionOf(target, `${topic}-${partition}-`),
    fields: Buffer.from(`${fieldsOf(target)},"message":"`),
  }
}

function actionOf(target: Target, id: string): Buffer {
  return Buffer.from(`{"create":{"_index":${JSON.stringify(dataStreamName(target))},"_id":"${id}`)
}

function fieldsOf(target: Target): string {
  const stream = { type: target.type, dataset: target.dataset, namespace: target.namespace }
  return `","dataset":${JSON.stringify(target.dataset)}},"data_stream":${JSON.stringify(stream)}`
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

/** Only ids that we draw: any other length could make ids of different lines meet. */
function isSourceId(id: unknown): id is string {
  return typeof id === 'string' && id.length === sourceIdLength && /^[A-Za-z0-9_-]+$/.test(id)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function labelsOf(fields: unknown): Record<string, string> | null {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return null
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      labels[name] = String(value)
  }
  return Object.keys(labels).length === 0 ? null : labels
}

function withoutNulls(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null))
}
