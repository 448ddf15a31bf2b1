import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { EtcdSettings } from '../settings.ts'

/** What a member answers over HTTP, beside its API. */
export interface MemberAnswer {
  status: number
  /** Null where it is no JSON. */
  body: unknown
  /** What its clock showed, by the second; null where it does not tell. */
  dateMs: number | null
}

/** Answers are short; what is longer is none of etcd's. */
const maxAnswerBytes = 65_536

/** Asks one member for `path` (`/version`, `/health`), with our certificate where we have one. Rejects as `node:http` does. */
export async function askMember(
  endpoint: string,
  path: string,
  { tls = {} }: Pick<EtcdSettings, 'tls'>,
  signal: AbortSignal,
): Promise<MemberAnswer> {
  const url = new URL(path, endpoint)
  const { ca, cert, key, serverName = url.hostname.replace(/^\[|\]$/g, '') } = tls
  const options: RequestOptions = { signal, agent: false }
  const request =
    url.protocol === 'https:'
      ? requestHttps(url, {
          ...options,
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(isIP(serverName) === 0 && { servername: serverName }),
        })
      : requestHttp(url, options)
  request.end()
  const [response] = (await once(request, 'response', { signal })) as [IncomingMessage]
  const date = Date.parse(response.headers.date ?? '')
  return {
    status: response.statusCode ?? 0,
    body: json(await textOf(response)),
    dateMs: Number.isNaN(date) ? null : date,
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxAnswerBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
