import { LogpipeError } from '@logpipe/runtime'
import { errorReason } from './bulk.ts'
import type { ElasticsearchClient, ElasticsearchResponse } from './client.ts'
import { type Feature, indexTemplate, optionalFeatures, templateName, templateVersion } from './template.ts'

export interface SetupResult {
  /** What was done with the template. `foreign`: one of that name is there which is not marked as ours; it stays. */
  template: 'installed' | 'updated' | 'kept' | 'foreign'
  /** Features of the template that this server lacks. */
  missing: readonly Feature[]
}

/**
 * Sees to it that the index template of our data streams is there. Safe to call at every start and by several instances.
 * Rejects with `elasticsearch_unavailable` (try again) or `elasticsearch_rejected` (the server does not take the template).
 */
export async function setup(
  client: ElasticsearchClient,
  streamType: string,
  signal: AbortSignal,
): Promise<SetupResult> {
  const path = `/_index_template/${templateName(streamType)}`
  const found = await findTemplate(client, path, signal)
  if (found !== null && found.managedBy !== 'logpipe') return { template: 'foreign', missing: [] }
  if (found !== null && found.version >= templateVersion) return { template: 'kept', missing: [] }
  const missing = await putTemplate(client, path, streamType, signal)
  return { template: found === null ? 'installed' : 'updated', missing }
}

/** Resolves once the server answers a question that every version and distribution understands. Rejects as a request does. */
export async function ping(client: ElasticsearchClient, signal: AbortSignal): Promise<void> {
  const response = await client.request({ method: 'GET', path: '/_cluster/health' }, signal)
  // 403: it is there, and our credentials are good, though not for this question.
  if (response.status !== 200 && response.status !== 403) throw unexpected('GET /_cluster/health', response)
}

async function findTemplate(
  client: ElasticsearchClient,
  path: string,
  signal: AbortSignal,
): Promise<{ version: number; managedBy: unknown } | null> {
  const response = await client.request({ method: 'GET', path }, signal)
  if (response.status === 404) return null
  if (response.status !== 200) throw unexpected(`GET ${path}`, response)
  const { index_templates: list } = JSON.parse(response.body.toString('utf8')) as {
    index_templates?: { index_template: { version?: number; _meta?: { managed_by?: unknown } } }[]
  }
  const template = list?.[0]?.index_template
  return template === undefined ? null : { version: template.version ?? 0, managedBy: template._meta?.managed_by }
}

/** Puts the template, leaving out the optional feature that the server's refusal names, one more each time; returns those. */
async function putTemplate(
  client: ElasticsearchClient,
  path: string,
  streamType: string,
  signal: AbortSignal,
): Promise<Feature[]> {
  const features = new Set<Feature>(optionalFeatures)
  for (;;) {
    const body = Buffer.from(JSON.stringify(indexTemplate(streamType, features)))
    const response = await client.request({ method: 'PUT', path, body }, signal)
    if (response.status === 200) return optionalFeatures.filter((feature) => !features.has(feature))
    const named = optionalFeatures.find((feature) => features.has(feature) && response.body.includes(feature))
    if (response.status !== 400 || named === undefined) throw unexpected(`PUT ${path}`, response)
    features.delete(named)
  }
}

function unexpected(what: string, { status, body }: ElasticsearchResponse): LogpipeError {
  const reason = errorReason(body)
  const advice =
    status === 401 || status === 403
      ? '. Check user name, password or API key and its rights (monitor, manage_index_templates), or set `setup: false`'
      : ''
  const message = `Elasticsearch answered ${what} with ${status}${reason === null ? '' : ` (${reason})`}${advice}`
  const final = status === 400
  return new LogpipeError(final ? 'elasticsearch_rejected' : 'elasticsearch_unavailable', message, {
    retriable: !final,
  })
}
