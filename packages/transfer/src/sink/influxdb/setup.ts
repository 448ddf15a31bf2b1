import type { InfluxdbSettings } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { InfluxdbClient, InfluxdbResponse } from './client.ts'
import { errorMessage } from './response.ts'

export interface InfluxdbSetupResult {
  /** `forbidden`: our user may not make it, or look; `external`: a bucket of 2.x, which is not ours to make. */
  database: 'created' | 'kept' | 'forbidden' | 'external'
  name: string
}

/** Resolves with the server's version once it answers, '' where it tells none. Rejects as a request does. */
export async function pingInfluxdb(client: InfluxdbClient, signal: AbortSignal): Promise<string> {
  const response = await client.request({ method: 'GET', path: '/ping' }, signal)
  // 401: a server may ask for credentials even for this; that it is there is all we want to know.
  if (response.status >= 300 && response.status !== 401) throw unexpected('GET /ping', response)
  return String(response.headers['x-influxdb-version'] ?? '')
}

/**
 * Sees to it that the database is there. Safe to call at every start and by several instances. Rejects with
 * `influxdb_unavailable`, or `influxdb_rejected` where the server does not take it or lacks the retention policy; either may be
 * mended while we wait, and other sinks go on meanwhile.
 */
export async function setupInfluxdb(
  client: InfluxdbClient,
  { database, retentionPolicy, bucket }: Pick<InfluxdbSettings, 'database' | 'retentionPolicy' | 'bucket'>,
  signal: AbortSignal,
): Promise<InfluxdbSetupResult> {
  if (database === undefined) return { database: 'external', name: bucket ?? '' }
  const known = await query(client, 'SHOW DATABASES', signal)
  if (known === null) return { database: 'forbidden', name: database }
  const isThere = known.includes(database)
  if (!isThere && (await query(client, `CREATE DATABASE ${quoted(database)}`, signal)) === null) {
    return { database: 'forbidden', name: database }
  }
  if (retentionPolicy !== undefined) {
    const policies = await query(client, `SHOW RETENTION POLICIES ON ${quoted(database)}`, signal)
    if (policies !== null && !policies.includes(retentionPolicy)) throw policyMissing(database, retentionPolicy)
  }
  return { database: isThere ? 'kept' : 'created', name: database }
}

/** What `setupInfluxdb` did, in a sentence for people. */
export function describeInfluxdbSetup({ database, name }: InfluxdbSetupResult): string {
  return {
    created: `The InfluxDB database ${name} was made.`,
    kept: `The InfluxDB database ${name} is there already.`,
    forbidden: `Our user may not make the InfluxDB database ${name}, or see whether it is there; it was left as it is.`,
    external: `The InfluxDB bucket ${name} was left as it is: buckets are made in InfluxDB itself.`,
  }[database]
}

/** The first column of the answer to a statement; null where our user lacks the right to it. */
async function query(client: InfluxdbClient, statement: string, signal: AbortSignal): Promise<string[] | null> {
  const body = Buffer.from(new URLSearchParams({ q: statement }).toString())
  const contentType = 'application/x-www-form-urlencoded'
  const response = await client.request({ method: 'POST', path: '/query', body, contentType }, signal)
  if (response.status === 403) return null
  if (response.status !== 200) throw unexpected(statement, response)
  const { results } = parse(response.body, statement)
  const error = results?.[0]?.error
  if (typeof error === 'string') {
    throw new LogpipeError('influxdb_rejected', `InfluxDB refused ${statement} (${error})`, { retriable: true })
  }
  const rows = results?.[0]?.series?.[0]?.values ?? []
  return rows.map(([first]) => String(first))
}

interface Answer {
  results?: { error?: unknown; series?: { values?: unknown[][] }[] }[]
}

function parse(body: Buffer, statement: string): Answer {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as Answer
  } catch (cause) {
    throw new LogpipeError('influxdb_unavailable', `The answer to ${statement} is no JSON`, { retriable: true, cause })
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function policyMissing(database: string, policy: string): LogpipeError {
  return new LogpipeError(
    'influxdb_rejected',
    `The database ${database} has no retention policy ${policy}. Make it (CREATE RETENTION POLICY ${quoted(policy)} ON ` +
      `${quoted(database)} DURATION 30d REPLICATION 1), or leave out influxdb.retentionPolicy`,
    { retriable: true },
  )
}

function unexpected(what: string, { status, body }: InfluxdbResponse): LogpipeError {
  const message = errorMessage(body)
  const isRedirect = status >= 300 && status <= 399
  const advice = isRedirect
    ? ', a redirect. Give the address that it leads to as influxdb.url; often that is the same one with https'
    : status === 401
      ? '. Check user name and password, or the token'
      : ''
  const said = `${status}${message === null ? '' : ` (${message})`}`
  return new LogpipeError('influxdb_unavailable', `InfluxDB answered ${what} with ${said}${advice}`, {
    retriable: true,
  })
}
