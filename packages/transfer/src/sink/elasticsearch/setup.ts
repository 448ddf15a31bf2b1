import { templatesAbove } from './above.ts'
import type { ElasticsearchClient } from './client.ts'
import type { IndexFamily } from './index-family.ts'
import { type FoundTemplate, findTemplate, findVersion, isCurrent, putTemplate } from './put-template.ts'
import { followRetention, type RetentionOptions, type RetentionResult } from './retention.ts'
import { type Feature, familyTemplate, streamTemplate, type Template, templateName } from './template.ts'
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
  const version = await findVersion(client, signal)
  const name = templateName(streamType)
  const before = await findTemplate(client, name, signal)
  const { followed, lingering } = await follow(client, { streamType, template: name, retention }, before, signal)
  const stream = streamTemplate(streamType, retention, lingering)
  for (const template of [stream, ...families.map(familyTemplate)]) {
    const { name, covers } = template
    if (isTooWide(covers)) {
      templates.push({ name, covers, fate: 'tooWide' })
      continue
    }
    const found = template === stream ? before : await findTemplate(client, name, signal)
    const fate = fateOf(template, found, version)
    const isPut = fate === 'installed' || fate === 'updated'
    const without = isPut ? await putTemplate(client, template, version, signal) : (found?.leftOut ?? [])
    for (const feature of without) missing.add(feature)
    templates.push({ name, covers, fate })
  }
  const above = await templatesAbove(client, { streamType, priority: stream.priorities[0] ?? 0 }, signal)
  return { templates, above, missing: [...missing], retention: followed }
}

/**
 * Changes the retention of streams that are there. `lingering`: the one that they have still, though it was taken out of the settings. The template
 * keeps that, and is put after this: so the next start tries again, and tells it again.
 */
async function follow(
  client: ElasticsearchClient,
  options: RetentionOptions,
  before: FoundTemplate | null,
  signal: AbortSignal,
): Promise<{ followed: RetentionResult | null; lingering: string | null }> {
  const { retention: had, lingering: left } = before?.madeFrom ?? {}
  const earlier = [had, left].find((each) => typeof each === 'string') ?? null
  const isOurs = before === null || before.managedBy === 'logpipe'
  if (!isOurs || (options.retention === null && earlier === null)) return { followed: null, lingering: null }
  const followed = await followRetention(client, options, signal)
  return { followed, lingering: options.retention === null && followed.left !== null ? earlier : null }
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
