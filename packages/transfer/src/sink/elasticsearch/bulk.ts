import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import type { Bulk } from '../bulk.ts'
import type { Outcome, Sink } from '../sink.ts'
import type { ElasticsearchClient, ElasticsearchResponse } from './client.ts'
import { bulkResponseFilter, readBulkResponse } from './response.ts'

/** Of the deadline of a request, for a bulk that needs more time. */
const maxDoublings = 2

const query = { filter_path: bulkResponseFilter }

/**
 * Sends bulks to Elasticsearch, one try each. Beside the outcome it tells three errors apart: `elasticsearch_too_large` (413)
 * and `elasticsearch_rejected` (400: not understood) mean this bulk; all else (`elasticsearch_unavailable`, `_overloaded`,
 * `deadline_exceeded`) means that nothing is known and any bulk would fare the same.
 *
 * Over a slow network the deadline may be over before a large bulk is sent at all: each late try gives the next try of that bulk, or of a part of it,
 * twice the time, up to four times `requestTimeoutMs`.
 */
export class ElasticsearchSink implements Sink {
  readonly #client: ElasticsearchClient

  constructor(client: ElasticsearchClient) {
    this.#client = client
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const body = bulk.body.subarray(0, bulk.byteLength)
    const timeoutMs = this.#client.requestTimeoutMs * 2 ** Math.min(bulk.lateness.tries, maxDoublings)
    const request = {
      method: 'POST',
      path: '/_bulk',
      query,
      body,
      contentType: 'application/x-ndjson',
      timeoutMs,
    } as const
    const response = await this.#client.request(request, signal).catch((error: unknown) => {
      if (isLogpipeError(error, 'deadline_exceeded')) bulk.lateness.tries++
      throw error
    })
    if (response.status === 200) return readBulkResponse(response.body, bulk.count)
    throw refusal(response, bulk)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

function refusal({ status, body }: ElasticsearchResponse, bulk: Bulk): LogpipeError {
  const reason = errorReason(body)
  const said = `${status}${reason === null ? '' : `, ${reason}`}`
  const retriable = { retriable: true }
  switch (status) {
    case 413:
      return new LogpipeError(
        'elasticsearch_too_large',
        `A bulk request of ${bulk.byteLength} bytes is too large (${said})`,
      )
    case 400:
      // Only where Elasticsearch itself says so: a proxy's 400 is not about the documents.
      if (reason !== null)
        return new LogpipeError('elasticsearch_rejected', `Elasticsearch refused a bulk request (${said})`)
      break
    case 401:
    case 403:
      return new LogpipeError(
        'elasticsearch_unavailable',
        `Elasticsearch refuses our credentials, or they lack the right to write (${said}). Check user name, password or API key`,
        retriable,
      )
    case 429:
    case 503:
      return new LogpipeError(
        'elasticsearch_overloaded',
        `Elasticsearch is overloaded or not ready (${said})`,
        retriable,
      )
  }
  return new LogpipeError('elasticsearch_unavailable', `A bulk request was answered with ${said}`, retriable)
}

/** `type: reason` of an error response of Elasticsearch; null where the body is none. */
export function errorReason(body: Buffer): string | null {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: { type?: unknown; reason?: unknown } }
    return typeof error?.type === 'string' ? `${error.type}: ${String(error.reason)}` : null
  } catch {
    return null
  }
}
