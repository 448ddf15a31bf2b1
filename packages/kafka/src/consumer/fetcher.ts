import { LogpipeError, type Logger, abortedError, describeError, isLogpipeError, sleep } from '@logpipe/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { fromClient, protocolErrorName } from '../errors.ts'
import { type FetchedPartition, fetchApi, readFetchResponse, writeFetchRequest } from './fetch-request.ts'

export interface FetcherOptions {
  /** Bytes of one partition in one answer; a larger batch comes whole. */
  maxPartitionBytes: number
  /** How long a broker holds a request for which it has nothing yet. */
  maxWaitMs: number
}

/** Somebody who waits for records of one partition from `offset` on. */
interface Want {
  topic: string
  partition: number
  offset: number
  since: number
  resolve: (fetched: FetchedPartition) => void
  reject: (error: LogpipeError) => void
}

/**
 * Two requests a broker: a partition that asks while the first waits for idle ones does not have to wait with them.
 */
const lanes = 2
const maxRequestBytes = 32 * 1024 * 1024

/**
 * Gathers the wants of all partitions into one fetch request a broker and lane. Nothing is fetched that nobody asked for:
 * that is how a partition is paused.
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  readonly #log: Logger
  readonly #wants = new Map<string, Want>()
  readonly #busyLanes = new Set<string>()
  #pumpScheduled = false
  #locating = false

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#log = cluster.log
  }

  /**
   * Resolves to what the broker has from `offset` on, empty when nothing came within `maxWaitMs`; a partition's error comes
   * as its code. Rejects with `aborted`. One call at a time per partition.
   */
  async fetch(topic: string, partition: number, offset: number, signal: AbortSignal): Promise<FetchedPartition> {
    if (signal.aborted) throw abortedError(signal)
    const key = partitionKey(topic, partition)
    const { promise, resolve, reject } = Promise.withResolvers<FetchedPartition>()
    const want: Want = { topic, partition, offset, since: performance.now(), resolve, reject }
    const onAbort = (): void => {
      if (this.#wants.get(key) === want) this.#wants.delete(key)
      reject(abortedError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#wants.set(key, want)
    this.#schedulePump()
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    // A macrotask, so that all workers that resumed on one answer are in the next request together.
    setImmediate(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    const byLeader = new Map<number, Want[]>()
    let homeless = false
    for (const want of this.#wants.values()) {
      const leader = this.#cluster.metadata.cached(want.topic)?.partitions[want.partition]?.leader ?? -1
      if (leader < 0) {
        homeless = true
        continue
      }
      const wants = byLeader.get(leader)
      if (wants === undefined) byLeader.set(leader, [want])
      else wants.push(want)
    }
    if (homeless) void this.#locate()
    for (const [leader, wants] of byLeader) {
      for (let lane = 0; lane < lanes; lane++) {
        if (this.#busyLanes.has(`${leader} ${lane}`)) continue
        for (const want of wants) this.#wants.delete(partitionKey(want.topic, want.partition))
        void this.#request(leader, lane, wants)
        break
      }
    }
  }

  async #request(leader: number, lane: number, wants: Want[]): Promise<void> {
    const laneKey = `${leader} ${lane}`
    this.#busyLanes.add(laneKey)
    try {
      const fetched = await this.#exchange(leader, lane, wants)
      let moved = false
      for (const want of wants) {
        const partition = fetched.get(partitionKey(want.topic, want.partition))
        if (partition === undefined) {
          want.reject(
            new LogpipeError('kafka_unavailable', `${name(want)}: the answer left it out.`, { retriable: true }),
          )
          continue
        }
        const error = protocolErrorName(partition.errorCode)
        moved ||= error !== 'NONE' && error !== 'OFFSET_OUT_OF_RANGE'
        want.resolve(partition)
      }
      if (moved) await this.#refresh(wants)
    } catch (error) {
      const failure = fromClient(error, `Fetching from broker ${leader}`)
      this.#log.debug('Fetch failed.', { broker: leader, error: failure })
      await this.#refresh(wants)
      for (const want of wants) want.reject(failure)
    } finally {
      this.#busyLanes.delete(laneKey)
      this.#schedulePump()
    }
  }

  async #exchange(leader: number, lane: number, wants: readonly Want[]): Promise<Map<string, FetchedPartition>> {
    const broker = this.#cluster.metadata.broker(leader)
    if (broker === undefined)
      throw new LogpipeError('kafka_unavailable', `Broker ${leader} is away.`, { retriable: true })
    const connection = await this.#cluster.connections.get(broker, `fetch-${lane}`)
    const positions = wants.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
      maxBytes: this.#options.maxPartitionBytes,
    }))
    const limits = { maxWaitMs: this.#options.maxWaitMs, maxBytes: maxRequestBytes }
    const { promise, resolve, reject } = Promise.withResolvers<FetchedPartition[]>()
    connection.send<{ errorCode: number; partitions: FetchedPartition[] }>(
      fetchApi.key,
      fetchApi.version,
      () => writeFetchRequest(positions, limits),
      readFetchResponse,
      true,
      true,
      (error, response) => (error ? reject(error) : resolve(response?.partitions ?? [])),
    )
    return new Map((await promise).map((row) => [partitionKey(row.topic, row.partition), row]))
  }

  /** Looks for leaders of partitions that have none; the wants wait, each up to `maxWaitMs`, then its owner tries again. */
  async #locate(): Promise<void> {
    if (this.#locating) return
    this.#locating = true
    try {
      await this.#refresh([...this.#wants.values()])
      await sleep(50, AbortSignal.timeout(10_000))
    } finally {
      this.#locating = false
    }
    const now = performance.now()
    for (const [key, want] of this.#wants) {
      if (now - want.since < this.#options.maxWaitMs) continue
      this.#wants.delete(key)
      want.reject(new LogpipeError('kafka_unavailable', `${name(want)} has no leader.`, { retriable: true }))
    }
    if (this.#wants.size > 0) this.#schedulePump()
  }

  async #refresh(wants: readonly Want[]): Promise<void> {
    try {
      await this.#cluster.metadata.refresh(new Set(wants.map(({ topic }) => topic)))
    } catch (error) {
      if (!isLogpipeError(error)) throw error
      this.#log.debug('Metadata could not be refreshed.', { error: describeError(error) })
    }
  }
}

function name({ topic, partition }: Want): string {
  return `Topic ${topic}, partition ${partition}`
}
