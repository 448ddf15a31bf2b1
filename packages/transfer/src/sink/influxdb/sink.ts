import type { InfluxdbSettings } from '@logpipe/config'
import { LogpipeError, sleep } from '@logpipe/runtime'
import type { Bulk } from '../bulk.ts'
import { allAccepted, type Outcome, type Rejection, type Sink } from '../sink.ts'
import type { InfluxdbClient, InfluxdbRequest } from './client.ts'
import { findCulprits } from './culprits.ts'
import { LineScanner } from './line-scanner.ts'
import { readWriteAnswer } from './response.ts'

export type InfluxdbTarget = Pick<InfluxdbSettings, 'database' | 'retentionPolicy' | 'bucket' | 'org' | 'precision'>

/** As many fields of a wrong type are looked for in one bulk by what the server says of them. */
const maxConflicts = 8

/**
 * Sends bulks of line protocol to InfluxDB, one try each. A point that is there already is overwritten by itself, so nothing is
 * ever `existing`. InfluxDB does not say which points it refused, and may have taken the others or none: then it rejects with
 * `influxdb_rejected`, so that the bulk is halved until the records at fault stand alone.
 */
export class InfluxdbSink implements Sink {
  readonly #client: InfluxdbClient
  readonly #target: InfluxdbTarget
  readonly #where: string
  readonly #request: Omit<InfluxdbRequest, 'body'>
  /** The server asked to be left alone until then (`performance.now`). */
  #quietUntil = 0

  constructor(client: InfluxdbClient, target: InfluxdbTarget) {
    this.#client = client
    this.#target = target
    this.#where = target.bucket === undefined ? `database ${target.database}` : `bucket ${target.bucket}`
    this.#request = writeRequest(target)
  }

  write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    return this.#write(bulk, signal, maxConflicts)
  }

  async #write(bulk: Bulk, signal: AbortSignal, conflictsLeft: number): Promise<Outcome> {
    // Records without a point (nothing but NaN, or comments) are done.
    if (bulk.byteLength === 0) return allAccepted(bulk.count)
    const quietMs = this.#quietUntil - performance.now()
    if (quietMs > 0) await sleep(quietMs, signal)
    const body = bulk.body.subarray(0, bulk.byteLength)
    const response = await this.#client.request({ ...this.#request, body }, signal)
    const answer = readWriteAnswer(response, this.#where)
    if (answer.kind === 'accepted') return allAccepted(bulk.count)
    if (answer.kind === 'failed') {
      if (answer.waitMs > 0) this.#quietUntil = performance.now() + answer.waitMs
      throw answer.error
    }
    const { type, reason, dropped } = answer
    if (bulk.count > 1 && (dropped <= 0 || dropped < this.#countPoints(body))) {
      const culprits = conflictsLeft > 0 ? findCulprits(bulk, reason) : []
      if (culprits.length > 0 && culprits.length < bulk.count) {
        return await writeApart(bulk, culprits, (part) => this.#write(part, signal, conflictsLeft - 1))
      }
      throw new LogpipeError('influxdb_rejected', `InfluxDB refused points of a request (${reason})`)
    }
    const rejected: Rejection[] = []
    for (let item = 0; item < bulk.count; item++) {
      if (bulk.endOf(item) > bulk.startOf(item)) rejected.push({ item, type, reason })
    }
    return { ...allAccepted(bulk.count - rejected.length), rejected }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  #countPoints(body: Buffer): number {
    const scanner = new LineScanner(this.#target.precision)
    scanner.reset(body, 0, body.length)
    let points = 0
    while (scanner.next()) points++
    return scanner.fault === null ? points : Number.POSITIVE_INFINITY
  }
}

function writeRequest({ database, retentionPolicy, bucket, org, precision }: InfluxdbTarget): InfluxdbRequest {
  const contentType = 'text/plain; charset=utf-8'
  if (bucket !== undefined) {
    const query = { bucket, precision, ...(org === undefined ? {} : { org }) }
    return { method: 'POST', path: '/api/v2/write', query, contentType }
  }
  const units = { ns: 'n', us: 'u', ms: 'ms', s: 's' }
  const policy = retentionPolicy === undefined ? {} : { rp: retentionPolicy }
  const query = { db: database ?? '', precision: units[precision], ...policy }
  return { method: 'POST', path: '/write', query, contentType }
}

/** Writes the culprits, which are probably all refused, and the others, one behind the other; tells the fates of all. */
async function writeApart(
  bulk: Bulk,
  culprits: readonly number[],
  write: (part: Bulk) => Promise<Outcome>,
): Promise<Outcome> {
  const isCulprit = new Set(culprits)
  const others = Array.from({ length: bulk.count }, (_, item) => item).filter((item) => !isCulprit.has(item))
  let accepted = 0
  const rejected: Rejection[] = []
  for (const items of [others, culprits]) {
    const outcome = await write(bulk.pick(items))
    accepted += outcome.accepted
    for (const rejection of outcome.rejected) rejected.push({ ...rejection, item: items[rejection.item] as number })
  }
  return { ...allAccepted(accepted), rejected: rejected.sort((a, b) => a.item - b.item) }
}
