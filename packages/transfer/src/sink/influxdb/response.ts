import { LogpipeError } from '@logpipe/runtime'
import type { InfluxdbResponse } from './client.ts'

/** What an answer to a write means for all that was sent. */
export type WriteAnswer =
  | { readonly kind: 'accepted' }
  /** The server refused points for good; `dropped`: how many it says at least, −1 where it does not say. */
  | { readonly kind: 'refused'; readonly type: string; readonly reason: string; readonly dropped: number }
  /** The request is too large, or nothing is known of it. */
  | { readonly kind: 'failed'; readonly error: LogpipeError; readonly waitMs: number }

/** The server's sentences, by a name for the metrics. */
const types: readonly (readonly [RegExp, string])[] = [
  [/field type conflict/, 'field_type_conflict'],
  [/beyond retention policy|outside (?:the )?retention/, 'beyond_retention_policy'],
  [/unable to parse/, 'point_unparsable'],
  [/max-values-per-tag|max-series-per-database/, 'series_limit'],
  [/invalid (?:field name|tag key)|too long|max key length/, 'name_invalid'],
]

/** Of points that it does not take: 1.x says 400; 2.x says 400 for what it cannot read, and 422 for what its storage refuses. */
const refusals: readonly number[] = [400, 422]

/**
 * Only then such an answer is about the points. A proxy's is not, nor one for an organisation or precision that is missing or wrong: these
 * would make a dead letter of every record.
 */
const aboutPoints =
  /partial write|\bpars(?:e|ing)\b|\bpoints?\b|line protocol|\bfield|\btag|measurement|series|timestamp|max key/i

/** The longest reason that is kept: the server repeats the lines that it does not take. */
const maxReasonLength = 1_000
/** A server may ask to be left alone for as long, at most. */
const maxWaitMs = 60_000

/** Reads the answer to a write, of the 1.x API or the 2.x one. `where` names the database or bucket, for sentences. */
export function readWriteAnswer(response: InfluxdbResponse, where: string): WriteAnswer {
  const { status, headers, body } = response
  if (status === 204) return { kind: 'accepted' }
  const message = errorMessage(body)
  if (refusals.includes(status) && message !== null && aboutPoints.test(message)) return refused(message)
  const said = `${status}${message === null ? '' : `, ${message.slice(0, maxReasonLength)}`}`
  const waitMs = retryAfterMs(headers['retry-after'])
  if (status === 413) {
    const error = new LogpipeError('influxdb_too_large', `InfluxDB finds a request too large (${said})`)
    return { kind: 'failed', error, waitMs }
  }
  const isBusy = status === 429 || status === 503
  const code = isBusy ? 'influxdb_overloaded' : 'influxdb_unavailable'
  const error = new LogpipeError(code, sentence(status, message, said, where), { retriable: true })
  return { kind: 'failed', error, waitMs: isBusy ? waitMs : 0 }
}

function sentence(status: number, message: string | null, said: string, where: string): string {
  if (status === 401 || status === 403) {
    return `InfluxDB refuses our credentials, or they lack the right to write into ${where} (${said}). Check user name and password, or the token`
  }
  if (status === 404 && message === null) {
    return `InfluxDB knows no such address (${said}): a bucket needs InfluxDB 1.8 or newer; for older ones set a database`
  }
  if (status === 404) return `InfluxDB has no ${where} (${said}). Make it; logtransfer setup makes a database of 1.x`
  if (status === 429 || status === 503) return `InfluxDB is overloaded or not ready (${said})`
  return `A write into ${where} of InfluxDB was answered with ${said}`
}

function refused(message: string): WriteAnswer {
  const type = types.find(([pattern]) => pattern.test(message))?.[1] ?? 'point_refused'
  const dropped = /dropped=(\d{1,9})\s*$/.exec(message)?.[1]
  const reason = message.slice(0, maxReasonLength)
  return { kind: 'refused', type, reason, dropped: dropped === undefined ? -1 : Number(dropped) }
}

/** What an error of InfluxDB says: `{"error": …}` of 1.x and 3, `{"message": …}` of 2.x; null where the body is none. */
export function errorMessage(body: Buffer): string | null {
  try {
    const { error, message } = JSON.parse(body.toString('utf8')) as { error?: unknown; message?: unknown }
    const text = typeof error === 'string' ? error : message
    return typeof text === 'string' ? text : null
  } catch {
    return null
  }
}

/** Seconds, or a date, as HTTP gives them; 0 where there is neither. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined) return 0
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), maxWaitMs) : 0
}
