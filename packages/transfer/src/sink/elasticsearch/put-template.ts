import type { ElasticsearchClient } from './client.ts'
import { type Feature, optionalFeatures, type Template, templateVersion } from './template.ts'
import { unexpected } from './unexpected.ts'

/** What is known of a template that the server has. */
export interface FoundTemplate {
  version: number
  managedBy: unknown
  madeFrom: Record<string, unknown> | null
  /** The version of the server that it was put into, and what that did not take. */
  madeFor: unknown
  leftOut: readonly Feature[]
}

interface Meta {
  managed_by?: unknown
  made_from?: Record<string, unknown>
  made_for?: unknown
  left_out?: unknown
}

interface Answer {
  index_templates?: { index_template: { version?: number; _meta?: Meta } }[]
}

/** The template of this name; null where there is none. Rejects as `setup` does. */
export async function findTemplate(
  client: ElasticsearchClient,
  name: string,
  signal: AbortSignal,
): Promise<FoundTemplate | null> {
  const path = `/_index_template/${name}`
  const response = await client.request({ method: 'GET', path }, signal)
  if (response.status === 404) return null
  if (response.status !== 200) throw unexpected(`GET ${path}`, response)
  const template = (JSON.parse(response.body.toString('utf8')) as Answer).index_templates?.[0]?.index_template
  if (template === undefined) return null
  const { version = 0, _meta: meta } = template
  const { left_out: list } = meta ?? {}
  return {
    version,
    managedBy: meta?.managed_by,
    madeFrom: meta?.made_from ?? null,
    madeFor: meta?.made_for ?? null,
    leftOut: optionalFeatures.filter((feature) => Array.isArray(list) && list.includes(feature)),
  }
}

/**
 * Whether what the server has is this template, or a later one made from the same settings; and whole, or for this very version of the
 * server: a newer one may take what was left out. `serverVersion`: null where it is not known.
 */
export function isCurrent({ madeFrom }: Template, found: FoundTemplate, serverVersion: string | null): boolean {
  const isSame = Object.entries(madeFrom).every(([key, value]) => (found.madeFrom?.[key] ?? null) === value)
  const isWhole = found.leftOut.length === 0 || serverVersion === null || found.madeFor === serverVersion
  return found.version >= templateVersion && isSame && isWhole
}

/** The version of the server; null where it does not tell us. Rejects where there is no answer. */
export async function findVersion(client: ElasticsearchClient, signal: AbortSignal): Promise<string | null> {
  const response = await client.request({ method: 'GET', path: '/' }, signal)
  if (response.status !== 200) return null
  const { version } = JSON.parse(response.body.toString('utf8')) as { version?: { number?: unknown } }
  return typeof version?.number === 'string' ? version.number : null
}

/**
 * Puts the template, leaving out the optional feature that the server's refusal names, one more each time; returns those. Where a template that
 * overlaps has its priority, the next one is taken.
 */
export async function putTemplate(
  client: ElasticsearchClient,
  template: Template,
  serverVersion: string | null,
  signal: AbortSignal,
): Promise<Feature[]> {
  const path = `/_index_template/${template.name}`
  const features = new Set<Feature>(optionalFeatures)
  const priorities = [...template.priorities]
  for (;;) {
    const body = Buffer.from(JSON.stringify(template.body(features, serverVersion, priorities[0])))
    const response = await client.request({ method: 'PUT', path, body }, signal)
    if (response.status === 200) return optionalFeatures.filter((feature) => !features.has(feature))
    if (response.status === 400 && response.body.includes('same priority')) {
      // Before features are looked for: the names of other templates stand in this refusal.
      if (priorities.length === 1) throw unexpected(`PUT ${path}`, response)
      priorities.shift()
      continue
    }
    const named = optionalFeatures.find((feature) => features.has(feature) && response.body.includes(feature))
    if (response.status !== 400 || named === undefined) throw unexpected(`PUT ${path}`, response)
    features.delete(named)
  }
}
