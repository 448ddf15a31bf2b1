import { hostname, userInfo } from 'node:os'
import {
  type Cluster,
  encodeRecords,
  groupByBytes,
  type PlainRecord,
  type Producer,
  recordBytes,
  type TopicReader,
} from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'
import { readToEnd } from '../kafka/read-to-end.ts'
import { sendBatch } from '../kafka/send-batch.ts'
import { type Letter, formatAddress } from './letter.ts'

export const doneStates = ['replayed', 'dropped'] as const
export type DoneState = (typeof doneStates)[number]
export type LetterState = 'open' | DoneState

/** What was decided of a letter. */
export interface Mark {
  state: DoneState
  /** ISO 8601. */
  at: string
  /** `user@host` of the logctl that did it. */
  by: string
  /** The address of the letter, or of its copy. */
  letter: string
}

/** Marks of one batch, before compression. */
const batchBytes = 262_144
const topicConfigs = { 'cleanup.policy': 'compact' }

/**
 * Which letters are done: a compacted topic with a mark a letter, keyed by what the letter is of. Made with the first mark; where it is
 * missing, all letters are open.
 */
export class Marks {
  readonly topic: string
  readonly #cluster: Cluster
  readonly #producer: Producer
  readonly #marks = new Map<string, Mark>()
  #isMade = false

  private constructor(topic: string, cluster: Cluster, producer: Producer) {
    this.topic = topic
    this.#cluster = cluster
    this.#producer = producer
  }

  /** Reads all marks there are now. */
  static async load(
    topic: string,
    servers: { cluster: Cluster; reader: TopicReader; producer: Producer },
    signal: AbortSignal,
  ): Promise<Marks> {
    const marks = new Marks(topic, servers.cluster, servers.producer)
    try {
      for await (const { key, value } of readToEnd(servers, topic, signal)) marks.#read(key, value)
      marks.#isMade = true
    } catch (error) {
      if (!isLogpipeError(error, 'kafka_topic_missing')) throw error
    }
    return marks
  }

  /** Undefined for a letter that is open. */
  of({ identity }: Letter): Mark | undefined {
    return this.#marks.get(identity)
  }

  stateOf(letter: Letter): LetterState {
    return this.of(letter)?.state ?? 'open'
  }

  /** Every mark with what it is the mark of. */
  entries(): Iterable<[string, Mark]> {
    return this.#marks
  }

  /** Marks these letters as done; resolves when Kafka has it for good. */
  async write(letters: readonly Letter[], state: DoneState, signal: AbortSignal): Promise<void> {
    const at = new Date().toISOString()
    const by = whoWeAre()
    const marked = letters.map((letter): [string, Mark] => [
      letter.identity,
      { state, at, by, letter: formatAddress(letter.address) },
    ])
    await this.#send(
      marked.map(([identity, mark]) => ({ key: Buffer.from(identity), value: Buffer.from(JSON.stringify(mark)) })),
      signal,
    )
    for (const [identity, mark] of marked) this.#marks.set(identity, mark)
  }

  /** Takes away marks of letters that are gone. */
  async forget(identities: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#send(
      identities.map((identity) => ({ key: Buffer.from(identity), value: null })),
      signal,
    )
    for (const identity of identities) this.#marks.delete(identity)
  }

  /** Makes sure that marks have a place, before anything is done that needs one. */
  async prepare(signal: AbortSignal): Promise<void> {
    if (this.#isMade) return
    const options = { partitions: 1, replication: 'auto', configs: topicConfigs } as const
    await this.#cluster.ensureTopic(this.topic, options, signal)
    this.#isMade = true
  }

  async #send(records: readonly PlainRecord[], signal: AbortSignal): Promise<void> {
    if (records.length === 0) return
    await this.prepare(signal)
    for (const group of groupByBytes(records, recordBytes, batchBytes)) {
      await sendBatch(this.#producer, this.topic, 0, await encodeRecords(group, 'zstd'), signal)
    }
  }

  #read(key: Buffer | null, value: Buffer | null): void {
    if (key === null) return
    const identity = key.toString('utf8')
    const mark = value === null ? null : parseMark(value)
    if (mark === null) this.#marks.delete(identity)
    else this.#marks.set(identity, mark)
  }
}

/** Null where it is none of ours: then the letter counts as open, so nothing is hidden by it. */
function parseMark(value: Buffer): Mark | null {
  try {
    const { state, at, by, letter } = JSON.parse(value.toString('utf8')) as Partial<Mark>
    if (!doneStates.some((known) => known === state)) return null
    return { state: state as DoneState, at: String(at), by: String(by), letter: String(letter) }
  } catch {
    return null
  }
}

function whoWeAre(): string {
  const host = hostname()
  try {
    return `${userInfo().username}@${host}`
  } catch {
    // A user that the system has no name for, as in containers.
    return `${process.getuid?.() ?? 'unknown'}@${host}`
  }
}
