import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { randomUUID } from 'node:crypto'
import { abortedError, Certificates, describeError, LogpipeError } from '@logpipe/runtime'

export interface KibanaOptions {
  url: string
  space?: string
  username?: string
  password?: string
  apiKey?: string
  /** Certificates to trust: the path of a PEM file, or PEM text. */
  ca?: string
}

export interface ImportResult {
  /** Objects that were not there. */
  created: number
  /** Ids that were there already, and stay as somebody may have changed them. */
  kept: readonly string[]
  /** Why others were not taken, one sentence each. */
  refused: readonly string[]
}

interface Answer {
  successCount?: number
  errors?: { id: string; type: string; error: { type: string; message?: string; reason?: string } }[]
  message?: string
}

const maxAnswerBytes = 4 * 1_048_576

/**
 * Puts saved objects into Kibana; those that are there stay as they are. Rejects with `kibana_unavailable` (no answer, or one
 * that is none of Kibana's) or `kibana_rejected` (it says no).
 */
export async function importSavedObjects(
  options: KibanaOptions,
  ndjson: string,
  signal: AbortSignal,
): Promise<ImportResult> {
  const { status, body } = await post(options, ndjson, signal)
  const answer = parse(body)
  if (status !== 200) {
    const reason = answer?.message === undefined ? '' : ` (${answer.message})`
    const advice = status === 401 || status === 403 ? '. Check the credentials of elasticsearch and their rights' : ''
    throw new LogpipeError('kibana_rejected', `Kibana (${options.url}) answered ${status}${reason}${advice}`)
  }
  if (typeof answer?.successCount !== 'number') {
    throw new LogpipeError('kibana_unavailable', `What answers at ${options.url} does not speak as Kibana does`)
  }
  const errors = answer.errors ?? []
  return {
    created: answer.successCount,
    kept: errors.filter(({ error }) => error.type === 'conflict').map(({ id }) => id),
    refused: errors
      .filter(({ error }) => error.type !== 'conflict')
      .map(({ type, id, error }) => `${type} ${id}: ${error.message ?? error.reason ?? error.type}`),
  }
}

/** What the import did, in a sentence. */
export function describeImport({ created, kept, refused }: ImportResult): string {
  const parts = [
    ...(created > 0 ? [`${created} created`] : []),
    ...(kept.length > 0 ? [`${kept.length} there already (delete them in Kibana to get ours again)`] : []),
    ...(refused.length > 0 ? [`${refused.length} refused: ${refused.join('; ')}`] : []),
  ]
  return `Kibana's saved objects: ${parts.join(', ')}.`
}

function post(
  { url, space, username, password, apiKey, ca }: KibanaOptions,
  ndjson: string,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const path = `${space === undefined ? '' : `/s/${space}`}/api/saved_objects/_import`
  const target = new URL(url.replace(/\/$/, '') + path)
  const boundary = randomUUID()
  const body =
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="logpipe.ndjson"\r\n` +
    `content-type: application/ndjson\r\n\r\n${ndjson}\r\n--${boundary}--\r\n`
  const basic =
    username === undefined ? null : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
  const authorization = apiKey === undefined ? basic : `ApiKey ${apiKey}`
  const headers = {
    // Kibana refuses what a browser could be tricked into sending.
    'kbn-xsrf': 'logpipe',
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'content-length': Buffer.byteLength(body),
    ...(authorization === null ? {} : { authorization }),
  }
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest
  const tls = new Certificates(ca === undefined ? {} : { ca }, 'Kibana').current()
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const cause = new Error(describeError(error))
      const away = new LogpipeError('kibana_unavailable', `Kibana (${url}) gave no proper answer`, {
        cause,
        retriable: true,
      })
      reject(signal.aborted ? abortedError(signal) : away)
    }
    const request = send(target, { method: 'POST', headers, signal, ...tls }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > maxAnswerBytes) response.destroy(new RangeError('The answer is too long'))
        else chunks.push(chunk)
      })
      response.on('error', fail)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    request.on('error', fail)
    request.end(body)
  })
}

function parse(body: string): Answer | null {
  try {
    const answer: unknown = JSON.parse(body)
    return typeof answer === 'object' ? (answer as Answer) : null
  } catch {
    return null
  }
}
