import {
  deadLetterHeaders as names,
  offsetHeader,
  resentHeader,
  type CollectEntry,
  type Source as SourceHeader,
  sourceHeader,
} from '@logpipe/config'
import { HeaderBlock } from '@logpipe/kafka'

/** The host that lines come from, as their headers name it. */
export interface Origin {
  readonly host: string
  readonly ip: string
}

/** Why a record is among the dead letters. */
export interface DeadLetterReason {
  readonly type: string
  readonly reason: string
  /** Where it would have gone. */
  readonly topic: string
}

const resentMark = { key: resentHeader, value: Buffer.from('1') }

/**
 * The headers of lines of a file first seen at `path`, as `entry` collects it, whose document ids begin with `id`, encoded once. `isResent`: with the
 * mark that the lines may have been sent before. `deadLetter`: for its dead letters.
 */
export function lineHeaders(
  id: string,
  path: string,
  entry: CollectEntry,
  origin: Origin,
  isResent: boolean,
  deadLetter: DeadLetterReason | null = null,
): HeaderBlock {
  const { pipeline, dataset, namespace, fields, tags } = entry
  const source: SourceHeader = {
    id,
    host: origin.host,
    ip: origin.ip,
    path,
    entry: entry.id,
    ...(pipeline !== undefined && { pipeline }),
    ...(dataset !== undefined && { dataset }),
    ...(namespace !== undefined && { namespace }),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(tags.length > 0 && { tags }),
  }
  const header = { key: sourceHeader, value: Buffer.from(JSON.stringify(source)) }
  const marks = isResent ? [resentMark] : []
  return new HeaderBlock([header, ...marks, ...(deadLetter === null ? [] : reasonHeaders(deadLetter))], offsetHeader)
}

function reasonHeaders({ reason, type, topic }: DeadLetterReason): { key: string; value: Buffer }[] {
  const header = (key: string, value: string): { key: string; value: Buffer } => ({ key, value: Buffer.from(value) })
  return [
    header(names.reason, reason),
    header(names.type, type),
    header(names.stage, 'agent'),
    header(names.topic, topic),
    header(names.at, new Date().toISOString()),
  ]
}
