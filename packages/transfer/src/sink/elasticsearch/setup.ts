import { templatesAbove } from './above.ts'
import type { ElasticsearchClient } from './client.ts'
import type { IndexFamily } from './index-family.ts'
import { type FoundTemplate, findTemplate, findVersion, isCurrent, putTemplate } from './put-template.ts'
import { followRetention, type RetentionResult } from './retention.ts'
import { type Feature, familyTemplate, streamTemplate, type Template } from './template.ts'
import { unexpected } from './unexpected.ts'

export interface SetupOptions {
  /** `<type>` of `<type>-<dataset>-<namespace>`. */
  streamType: string
  /** How long documents of data streams are kept, e.g. `30d`; null: for ever. */
  retention: string | null
  /** Families of dated indices. */
  families: readonly IndexFamily[]
}

/** What was done with a template. `foreign`: one of that name is there which is not marked as ours; it stays. */
export type TemplateFate = 'installed' | 'updated' | 'kept' | 'foreign' | 'tooWide'

export interface SetupResult {
  templates: readonly { name: string; covers: string; fate: TemplateFate }[]
  /** Templates of others that count before that of our streams, wherever it would. */
  above: readonly string[]
  /** Features that our templates have to do without on this server. */
  missing: readonly Feature[]
  /** What became of the retention of streams that were there before; null where there was nothing to do. */
  retention: RetentionResult | null
}

/**
 * Sees to it that the index templates of our data streams and dated indices are there, and that existing streams keep
 * documents as long as the settings say. Safe to call at every start and by several instances. Rejects with
 * `elasticsearch_unavailable` (try again) or `elasticsearch_rejected` (the server does not take a template).
 */
export async function setup(
  client: ElasticsearchClient,
  { streamType, retention, families }: SetupOptions,
  signal: AbortSignal,
): Promise<SetupResult> {
  const templates: { name: string; covers: string; fate: TemplateFate }[] = []
  const missing = new Set<Feature>()
  const stream = streamTemplate(streamType, retention)
  const version = await findVersion(client, signal)
  let before: FoundTemplate | null = null
  for (const template of [stream, ...families.map(familyTemplate)]) {
    const { name, covers } = template
    if (isTooWide(covers)) {
      templates.push({ name, covers, fate: 'tooWide' })
      continue
    }
    const found = await findTemplate(client, name, signal)
    if (template === stream) before = found
    const fate = fateOf(template, found, version)
    const isPut = fate === 'installed' || fate === 'updated'
    const without = isPut ? await putTemplate(client, template, version, signal) : (found?.leftOut ?? [])
    for (const feature of without) missing.add(feature)
    templates.push({ name, covers, fate })
  }
  // Where a retention was taken out of the settings, the streams that have it lose it.
  const isConcerned = retention !== null || typeof before?.madeFrom?.['retention'] === 'string'
  const isOurs = before === null || before.managedBy === 'logpipe'
  const followed =
    isConcerned && isOurs
      ? await followRetention(client, { streamType, template: stream.name, retention }, signal)
      : null
  const above = await templatesAbove(client, { streamType, priority: stream.priorities[0] ?? 0 }, signal)
  return { templates, above, missing: [...missing], retention: followed }
}

/** Resolves once the server answers a question that every version and distribution understands. Rejects as a request does. */
export async function ping(client: ElasticsearchClient, signal: AbortSignal): Promise<void> {
  const response = await client.request({ method: 'GET', path: '/_cluster/health' }, signal)
  // 403: it is there, and our credentials are good, though not for this question.
  if (response.status !== 200 && response.status !== 403) throw unexpected('GET /_cluster/health', response)
}

/** A name that begins with a date can only be told by a wildcard that other indices match, too. */
function isTooWide(covers: string): boolean {
  return covers.startsWith('*')
}

function fateOf(template: Template, found: FoundTemplate | null, version: string | null): TemplateFate {
  if (found === null) return 'installed'
  if (found.managedBy !== 'logpipe') return 'foreign'
  return isCurrent(template, found, version) ? 'kept' : 'updated'
}
