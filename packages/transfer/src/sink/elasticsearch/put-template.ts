import type { ElasticsearchClient } from './client.ts'
import { type Feature, optionalFeatures, type Template, templateVersion } from './template.ts'
import { unexpected } from './unexpected.ts'

/** What is known of a template that the server has. */
export interface FoundTemplate {
  version: number
  managedBy: unknown
  madeFrom: Record<string, unknown> | null
}

interface Answer {
  index_templates?: {
    index_template: { version?: number; _meta?: { managed_by?: unknown; made_from?: Record<string, unknown> } }
  }[]
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
  return { version, managedBy: meta?.managed_by, madeFrom: meta?.made_from ?? null }
}

/** Whether what the server has is this template, or a later one made from the same settings. */
export function isCurrent({ madeFrom }: Template, found: FoundTemplate): boolean {
  const isSame = Object.entries(madeFrom).every(([key, value]) => (found.madeFrom?.[key] ?? null) === value)
  return found.version >= templateVersion && isSame
}

/** Puts the template, leaving out the optional feature that the server's refusal names, one more each time; returns those. */
export async function putTemplate(
  client: ElasticsearchClient,
  template: Template,
  signal: AbortSignal,
): Promise<Feature[]> {
  const path = `/_index_template/${template.name}`
  const features = new Set<Feature>(optionalFeatures)
  for (;;) {
    const body = Buffer.from(JSON.stringify(template.body(features)))
    const response = await client.request({ method: 'PUT', path, body }, signal)
    if (response.status === 200) return optionalFeatures.filter((feature) => !features.has(feature))
    const named = optionalFeatures.find((feature) => features.has(feature) && response.body.includes(feature))
    if (response.status !== 400 || named === undefined) throw unexpected(`PUT ${path}`, response)
    features.delete(named)
  }
}
