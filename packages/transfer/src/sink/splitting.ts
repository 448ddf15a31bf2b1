import { type ErrorCode, isLogpipeError, type LogpipeError } from '@logpipe/runtime'
import type { Bulk } from './bulk.ts'
import type { Outcome, Sink } from './sink.ts'

const refusals: ReadonlySet<ErrorCode> = new Set([
  'elasticsearch_too_large',
  'elasticsearch_rejected',
  'influxdb_too_large',
  'influxdb_rejected',
])

/**
 * A sink that cuts a bulk in halves where the other side refuses it as a whole (too large, or not understood), and the
 * halves again, until the document at fault stands alone: that one is rejected.
 */
export class SplittingSink implements Sink {
  readonly #sink: Sink

  constructor(sink: Sink) {
    this.#sink = sink
  }

  async write(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    try {
      return await this.#sink.write(bulk, signal)
    } catch (error) {
      if (!isRefusedAsAWhole(error)) throw error
      return bulk.count === 1 ? rejectedAlone(error) : await this.#writeHalves(bulk, signal)
    }
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  async #writeHalves(bulk: Bulk, signal: AbortSignal): Promise<Outcome> {
    const middle = Math.ceil(bulk.count / 2)
    const items = Array.from({ length: bulk.count }, (_, item) => item)
    // One behind the other: a server that finds requests too large should not get two at once for one.
    const first = await this.write(bulk.pick(items.slice(0, middle)), signal)
    const second = await this.write(bulk.pick(items.slice(middle)), signal)
    return {
      accepted: first.accepted + second.accepted,
      existing: first.existing + second.existing,
      retry: [...first.retry, ...second.retry.map((item) => item + middle)],
      retryReason: first.retryReason ?? second.retryReason,
      isOverloaded: first.isOverloaded === true || second.isOverloaded === true,
      rejected: [
        ...first.rejected,
        ...second.rejected.map((rejection) => ({ ...rejection, item: rejection.item + middle })),
      ],
    }
  }
}

function isRefusedAsAWhole(error: unknown): error is LogpipeError {
  return isLogpipeError(error) && refusals.has(error.code)
}

function rejectedAlone(error: LogpipeError): Outcome {
  const type = error.code.endsWith('_too_large') ? 'request_too_large' : 'request_refused'
  return {
    accepted: 0,
    existing: 0,
    retry: [],
    retryReason: null,
    rejected: [{ item: 0, type, reason: error.message }],
  }
}
