import type { HeaderBlock } from '@logpipe/kafka'
import type { Lane } from '../../deliver/lane.ts'
import type { Route } from '../../deliver/delivery.ts'
import { partitionKey } from '../../deliver/partition.ts'
import type { PlanEntry } from '../../plan/compile.ts'
import type { FeedContext } from '../feed.ts'
import { type DeadLetterReason, lineHeaders } from '../headers.ts'
import type { Source } from '../source.ts'
import type { Way } from './record-writer.ts'

/** The ways that records of one source go: to the topic of its entry, and to that of the dead letters. */
export class Ways {
  /** Bytes of the largest header block and key. */
  readonly headerBytes: number
  readonly #source: Source
  readonly #entry: PlanEntry
  readonly #context: FeedContext
  readonly #deadRoute: Route
  readonly #headers: HeaderBlock
  readonly #resentHeaders: HeaderBlock
  #main: Way | null = null
  #dead: Way | null = null

  constructor(source: Source, entry: PlanEntry, context: FeedContext) {
    this.#source = source
    this.#entry = entry
    this.#context = context
    const { route } = entry
    this.#deadRoute = { ...route, topic: route.topic + context.deadLetterSuffix, partition: 'source' }
    this.#headers = this.#block(false, null)
    this.#resentHeaders = source.read < source.resentUntil ? this.#block(true, null) : this.#headers
    const key = partitionKey(route.partition, source.key)
    this.headerBytes = this.#block(true, this.#reason()).maxBytes + Math.max(source.key.length, key?.length ?? 0)
  }

  /** Null until Kafka has told of the topic. */
  get main(): Way | null {
    if (this.#main === null) {
      const key = partitionKey(this.#entry.route.partition, this.#source.key)
      this.#main = this.#way(this.#entry.route, this.#headers, this.#resentHeaders, key)
    }
    return this.#main
  }

  /** Null until Kafka has told of the topic of the dead letters, which is asked for here. */
  get deadLetters(): Way | null {
    if (this.#dead === null) {
      const blocks = [false, true].map((isResent) => this.#block(isResent, this.#reason())) as [
        HeaderBlock,
        HeaderBlock,
      ]
      this.#dead = this.#way(this.#deadRoute, ...blocks, this.#source.key)
    }
    return this.#dead
  }

  /** Why records cannot go, in a sentence. */
  reason(needsDeadLetters: boolean): string | null {
    const { delivery } = this.#context
    const reason = this.#main?.lane.reason ?? delivery.reason(this.#entry.route)
    if (reason !== null || !needsDeadLetters) return reason
    return this.#dead?.lane.reason ?? delivery.reason(this.#deadRoute)
  }

  #way(route: Route, headers: HeaderBlock, resentHeaders: HeaderBlock, key: Buffer | null): Way | null {
    const lane: Lane | null = this.#context.delivery.lane(route, this.#source.key)
    return lane === null ? null : { lane, headers, resentHeaders, key }
  }

  #reason(): DeadLetterReason {
    const { topic, maxLineBytes } = this.#entry.spec
    return { type: 'line_too_long', reason: `The line is longer than ${maxLineBytes} bytes, or than a batch.`, topic }
  }

  #block(isResent: boolean, reason: DeadLetterReason | null): HeaderBlock {
    const { idFront, homePath } = this.#source
    return lineHeaders(idFront, homePath, this.#entry.spec, this.#context.origin, isResent, reason)
  }
}
