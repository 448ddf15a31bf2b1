import {
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

const resentMark = { key: resentHeader, value: Buffer.from('1') }

/**
 * The headers of all lines of the source `id` of a file first seen at `path`, as `entry` collects it, encoded once. `isResent`: with the
 * mark that the lines may have been sent before.
 */
export function lineHeaders(
  id: string,
  path: string,
  entry: CollectEntry,
  origin: Origin,
  isResent: boolean,
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
  return new HeaderBlock(isResent ? [header, resentMark] : [header], offsetHeader)
}
