import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { startStack } from '@logpipe/stack'
import { closeAfter, type Scope } from './closing.ts'

/**
 * The URL of an InfluxDB 1.x to test against: the one that LOGPIPE_TEST_INFLUXDB names, else one of this test's own, which ends
 * with it. The first call downloads the server. Tests use databases with random names.
 */
export async function testInfluxdb(
  scope: Scope,
  env: Record<string, string | undefined> = process.env,
): Promise<string> {
  const given = env['LOGPIPE_TEST_INFLUXDB'] ?? ''
  return given === '' ? await startInfluxdb(scope) : given
}

/** The URL of an InfluxDB 1.x of this test's own, which ends with it. With `auth` it asks for users, and has none yet. */
export async function startInfluxdb(scope: Scope, { auth = false }: { auth?: boolean } = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'logpipe-influxdb-'))
  closeAfter(scope, () => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const stack = await startStack({ dir, services: ['influxdb'], influxdb: { auth }, ports: 'free', graceMs: 0 })
  closeAfter(scope, () => stack.stop())
  return stack.addresses.influxdb?.url ?? ''
}

/** Runs one InfluxQL statement and resolves with the rows of its series, one object a row; times are RFC 3339.
 * Throws what the server says is wrong. */
export async function influxql(url: string, statement: string, database = ''): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${url}/query`, {
    method: 'POST',
    body: new URLSearchParams({ q: statement, db: database }),
    signal: AbortSignal.timeout(30_000),
  })
  const answer = (await response.json()) as Answer
  const result = answer.results?.[0]
  const error = answer.error ?? result?.error
  if (error !== undefined) throw new LogpipeError('internal', `InfluxDB refused '${statement}': ${error}`)
  return (result?.series ?? []).flatMap(({ columns, values = [], tags = {} }) =>
    values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((name, index) => [name, row[index]])) })),
  )
}

interface Answer {
  error?: string
  results?: {
    error?: string
    series?: { columns: string[]; values?: unknown[][]; tags?: Record<string, string> }[]
  }[]
}
