import { escapeName } from './escape.ts'
import type { Tag } from './json-point.ts'

/**
 * The tags that all points of one source have in common, from its `source` header: `host`, and the `fields` of its collection
 * entry. Null where the header is none of ours.
 */
export function parseSourceTags(header: Buffer): readonly Tag[] | null {
  let source: unknown
  try {
    source = JSON.parse(header.toString('utf8'))
  } catch {
    return null
  }
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return null
  const { host, fields } = source as { host?: unknown; fields?: unknown }
  const labels = typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? fields : {}
  return Object.entries({ ...labels, host })
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== '' && entry[1] !== '')
    .map(([key, value]) => ({ key: escapeName(key), value: escapeName(value) }))
}
