import { deadLetterHeaders, replayedIdHeader, resentHeader } from '@logpipe/config'
import { encodeRecords, groupByBytes, type PlainRecord, recordBytes } from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'
import { sentence } from '@logpipe/runtime/terminal'
import { sendBatch } from '../kafka/send-batch.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Letter } from './letter.ts'

/** Records of one batch, before compression; what is larger goes alone. */
const batchBytes = 524_288
/** Letters that wait to be sent are held in memory. */
const waitingBytes = 8_388_608

interface Waiting {
  letter: Letter
  record: PlainRecord
  topic: string
  partition: number
}

export interface Failure {
  letter: Letter
  /** A sentence. */
  reason: string
}

/** Why a letter can never be replayed, in a sentence; null where it can, or where only its topic can tell. */
export function obstacle(letter: Letter): string | null {
  if (letter.topic === null) return 'It does not tell which topic it was meant for.'
  if (letter.id === null) return 'No id can be told for its document: replayed twice, it would stand twice.'
  if (letter.value === null) return 'It has no value, so there is nothing to index.'
  if (letter.truncatedBytes !== null && letter.origin === null) return 'Its value was not kept, nor where it stood.'
  return null
}

/**
 * The record as it was, with headers by which the transfer gives it the id and the time that it had, and looks the id up first. Kafka's own
 * time is that of the replay: an old one would let retention take the record before it is read.
 */
export function replayRecord(letter: Letter, value: Buffer | null): PlainRecord {
  const headers = [...letter.headers]
  if (!headers.some(({ key }) => key === resentHeader)) headers.push({ key: resentHeader, value: Buffer.from('1') })
  if (!letter.isOwn && letter.id !== null) headers.push({ key: replayedIdHeader, value: Buffer.from(letter.id) })
  headers.push({ key: deadLetterHeaders.timestamp, value: Buffer.from(String(letter.timestampMs)) })
  return { key: letter.key, value, headers }
}

/**
 * Sends letters back into the topics that they were meant for, and marks them once Kafka has them for good. A crash in between leaves
 * them open: replayed again, they meet their own ids. One owner.
 */
export class Replayer {
  /** Letters sent back, by topic. */
  readonly replayed = new Map<string, number>()
  readonly #letters: DeadLetters
  readonly #onFailure: (failure: Failure) => void
  readonly #partitions = new Map<string, number>()
  #waiting: Waiting[] = []
  #waitingBytes = 0

  constructor(letters: DeadLetters, onFailure: (failure: Failure) => void) {
    this.#letters = letters
    this.#onFailure = onFailure
  }

  /** Takes the letter over; what cannot be replayed is told by `onFailure`. Rejects where Kafka takes nothing. */
  async add(letter: Letter, signal: AbortSignal): Promise<void> {
    const reason = obstacle(letter)
    const { topic } = letter
    if (reason !== null || topic === null) return this.#onFailure({ letter, reason: reason ?? '' })
    const count = await this.#partitionsOf(topic, signal)
    if (count === 0) {
      const gone = `Topic ${topic} is not there any more: make it again, or drop the letter.`
      return this.#onFailure({ letter, reason: gone })
    }
    const value = letter.truncatedBytes === null ? letter.value : await this.#originalValue(letter, signal)
    if (value === null) {
      const gone = `Its value was too large for ${letter.address.topic} and was not kept, and its topic does not have it any more.`
      return this.#onFailure({ letter, reason: gone })
    }
    const record = replayRecord(letter, value)
    const partition = (letter.origin?.partition ?? letter.address.partition) % count
    this.#waiting.push({ letter, record, topic, partition })
    this.#waitingBytes += recordBytes(record)
    if (this.#waitingBytes >= waitingBytes) await this.flush(signal)
  }

  /** Resolves when all letters that wait are sent and marked, or told as failed. */
  async flush(signal: AbortSignal): Promise<void> {
    const groups = Map.groupBy(this.#waiting, ({ topic, partition }) => `${topic}/${partition}`)
    this.#waiting = []
    this.#waitingBytes = 0
    if (groups.size > 0) await this.#letters.marks.prepare(signal)
    for (const waiting of groups.values()) {
      for (const batch of groupByBytes(waiting, ({ record }) => recordBytes(record), batchBytes)) {
        await this.#send(batch, signal)
      }
    }
  }

  async #send(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    const { topic, partition } = first
    const records = batch.map(({ record }) => record)
    try {
      await sendBatch(this.#letters.producer, topic, partition, await encodeRecords(records, 'zstd'), signal)
    } catch (error) {
      if (!isLogpipeError(error, 'kafka_record_too_large')) throw error
      if (batch.length === 1) return this.#onFailure({ letter: first.letter, reason: sentence(error) })
      for (const waiting of batch) await this.#send([waiting], signal)
      return
    }
    await this.#letters.marks.write(
      batch.map(({ letter }) => letter),
      'replayed',
      signal,
    )
    this.replayed.set(topic, (this.replayed.get(topic) ?? 0) + batch.length)
  }

  async #originalValue(letter: Letter, signal: AbortSignal): Promise<Buffer | null> {
    return (await this.#letters.original(letter, signal))?.value ?? null
  }

  /** 0 where there is no such topic. */
  async #partitionsOf(topic: string, signal: AbortSignal): Promise<number> {
    let count = this.#partitions.get(topic)
    if (count === undefined) {
      const exists = (await this.#letters.cluster.topics(signal)).includes(topic)
      count = exists ? await this.#letters.cluster.partitionCount(topic, signal) : 0
      this.#partitions.set(topic, count)
    }
    return count
  }
}
