import { errorReason } from './bulk.ts'
import type { ElasticsearchClient, ElasticsearchResponse } from './client.ts'

/** What became of the streams that were there already. */
export interface RetentionResult {
  /** Streams whose retention was changed. */
  changed: readonly string[]
  /** Why some, or all, kept the one they had; null where none did. */
  left: string | null
}

export interface RetentionOptions {
  streamType: string
  /** Streams made from this template are ours. */
  template: string
  /** e.g. `30d`; null: for ever. */
  retention: string | null
}

interface Streams {
  data_streams: { name: string; template: string; lifecycle?: { data_retention?: string } }[]
}

/**
 * Lets the data streams that our template made keep documents as long as the settings say: a template alone counts for new
 * ones only. What the server cannot do, or we may not, is told in the result; rejects only as a request does.
 */
export async function followRetention(
  client: ElasticsearchClient,
  { streamType, template, retention }: RetentionOptions,
  signal: AbortSignal,
): Promise<RetentionResult> {
  const path = `/_data_stream/${streamType}-*-*`
  const response = await client.request({ method: 'GET', path }, signal)
  if (response.status === 404) return { changed: [], left: null }
  if (response.status !== 200) return { changed: [], left: refusal(`GET ${path}`, response) }
  const { data_streams: streams } = JSON.parse(response.body.toString('utf8')) as Streams
  const others = streams.filter(
    (stream) => stream.template === template && (stream.lifecycle?.data_retention ?? null) !== retention,
  )
  const changed: string[] = []
  let left: string | null = null
  for (const { name } of others) {
    const put = `/_data_stream/${encodeURIComponent(name)}/_lifecycle`
    const body = Buffer.from(JSON.stringify(retention === null ? {} : { data_retention: retention }))
    const answer = await client.request({ method: 'PUT', path: put, body }, signal)
    if (answer.status === 200) changed.push(name)
    else left ??= refusal(`PUT ${put}`, answer)
  }
  return { changed, left }
}

function refusal(what: string, { status, body }: ElasticsearchResponse): string {
  const reason = errorReason(body)
  return `${what} was answered with ${status}${reason === null ? '' : ` (${reason})`}`
}
