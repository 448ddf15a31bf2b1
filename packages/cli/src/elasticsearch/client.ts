import { Client, errors, UndiciConnection } from '@elastic/elasticsearch'
import { LogpipeError, tlsProblem } from '@logpipe/runtime'
import type { ElasticsearchSettings } from '../settings.ts'

type Ask = UndiciConnection['request']

/** A redirect is an error: the client follows none, and would take its page for the answer. */
class DirectConnection extends UndiciConnection {
  constructor(options: ConstructorParameters<typeof UndiciConnection>[0]) {
    super(options)
    const ask: Ask = this.request.bind(this)
    const askDirectly = async (...[params, more]: Parameters<Ask>): Promise<unknown> => {
      const response = await ask(params, more)
      if (response.statusCode < 300 || response.statusCode > 399) return response
      throw new errors.ConnectionError(`it redirects to ${String(response.headers['location'] ?? 'another address')}`)
    }
    this.request = askDirectly as Ask
  }
}

/** A client for these servers; nothing is asked of them yet. Close it. */
export function connect(settings: ElasticsearchSettings, requestTimeoutMs: number): Client {
  const { nodes, apiKey, username, password, ca } = settings
  return new Client({
    nodes,
    requestTimeout: requestTimeoutMs,
    maxRetries: 1,
    Connection: DirectConnection,
    // The versioned types that the client would send by itself are refused by servers of other major versions.
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    ...(apiKey !== undefined && { auth: { apiKey } }),
    ...(username !== undefined && { auth: { username, password: password ?? '' } }),
    ...(ca !== undefined && { tls: { ca } }),
  })
}

/** What the client library threw, as one of our errors with a sentence. */
export function elasticsearchError(error: unknown, settings: ElasticsearchSettings): LogpipeError {
  const where = `Elasticsearch at ${settings.nodes.join(', ')}`
  if (error instanceof errors.RequestAbortedError) {
    return new LogpipeError('aborted', `The question to ${where} was stopped.`, { cause: error })
  }
  if (error instanceof errors.ResponseError) return answerError(error, where)
  if (error instanceof errors.TimeoutError) {
    return unavailable(`${where} did not answer in time.`, error)
  }
  const tls = tlsProblem(error)
  // Its words only: the client's error holds on to the headers, credentials among them.
  if (tls !== null) return unavailable(`${where} ${tls.sentence}.`, new Error(tls.reason))
  const reason = error instanceof Error ? error.message : String(error)
  return unavailable(`${where} does not answer (${reason}). Is it running, and is the address right?`, error)
}

function answerError(error: errors.ResponseError, where: string): LogpipeError {
  const status = error.statusCode ?? 0
  if (status === 401 || status === 403) {
    const how = 'set LOGCTL_ELASTICSEARCH_API_KEY, or LOGCTL_ELASTICSEARCH_USERNAME and LOGCTL_ELASTICSEARCH_PASSWORD'
    return new LogpipeError('elasticsearch_rejected', `${where} does not let us in (${status}): ${how}.`, {
      cause: error,
    })
  }
  if (status === 429 || status >= 500)
    return unavailable(`${where} cannot answer now (${status}): ${reasonOf(error)}.`, error)
  return new LogpipeError('elasticsearch_rejected', `${where} refuses the question (${status}): ${reasonOf(error)}.`, {
    cause: error,
  })
}

interface ErrorBody {
  error?: { reason?: string; root_cause?: { reason?: string }[] } | string
}

/** The reason an answer gives, without the full stop. */
export function reasonOf(error: errors.ResponseError): string {
  const body = error.body as ErrorBody | undefined
  const given =
    typeof body?.error === 'string' ? body.error : (body?.error?.root_cause?.[0]?.reason ?? body?.error?.reason)
  return (given ?? error.message).replace(/\.$/, '')
}

function unavailable(message: string, cause: unknown): LogpipeError {
  return new LogpipeError('elasticsearch_unavailable', message, { cause, retriable: true })
}
