import {
  deadLetterHeaderPrefix,
  deadLetterHeaders as names,
  foreignDocumentId,
  isForeignDocumentId,
  offsetHeader,
  ownDocumentId,
  replayedIdHeader,
  sourceHeader,
} from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { WholeRecord } from '../kafka/read-records.ts'

/** Where a letter rests: typed and shown as `<topic>/<partition>/<offset>`. */
export interface Address {
  topic: string
  partition: number
  offset: number
}

/** Where the record stood that a letter was made of. */
export type Origin = Address & { timestampMs: number }

/** A dead letter: the record it was, and what the `dlq.*` headers tell. What they do not tell is null or empty. */
export interface Letter {
  readonly address: Address
  /** When it was put away. */
  readonly writtenMs: number
  readonly reason: string
  readonly type: string
  readonly stage: string
  readonly attempts: number | null
  /** The topic it was meant for; null where that is not told, or is not the one whose dead letters lie here. */
  readonly topic: string | null
  /** Null where it was in no topic before: what an agent put away. */
  readonly origin: Origin | null
  /** The record's own time. */
  readonly timestampMs: number
  /** Bytes of the value that was not kept; null where it was. */
  readonly truncatedBytes: number | null
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Those of the record, without the `dlq.*` ones. */
  readonly headers: readonly { key: string; value: Buffer | null }[]
  /** The `_id` of its document; null where none can be told. */
  readonly id: string | null
  /** Whether the record has an agent's headers, of which the transfer makes the id. */
  readonly isOwn: boolean
  /** The same for all copies of a letter, and for no other letter. */
  readonly identity: string
}

/** Reads a record of a dead-letter topic as a letter; never fails, whoever wrote it. `suffix` is that of dead-letter topics. */
export function readLetter(record: WholeRecord, suffix: string): Letter {
  const { topic: letterTopic, partition, offset, timestampMs: writtenMs, key, value } = record
  const told = new Map<string, string>()
  for (const header of record.headers) if (header.value !== null) told.set(header.key, header.value.toString('utf8'))
  const named = told.get(names.topic)
  const topic = named !== undefined && named + suffix === letterTopic ? named : null
  const origin = topic === null ? null : originOf(topic, told)
  const ownId = ownDocumentId(told.get(sourceHeader) ?? null, told.get(offsetHeader) ?? null)
  const foreignId = topic === null || ownId !== null ? null : foreignIdOf(topic, origin, told.get(replayedIdHeader))
  return {
    address: { topic: letterTopic, partition, offset },
    writtenMs,
    reason: told.get(names.reason) ?? '',
    type: told.get(names.type) ?? '',
    stage: told.get(names.stage) ?? '',
    attempts: numberOf(told.get(names.attempts)),
    topic,
    origin,
    timestampMs: origin?.timestampMs ?? writtenMs,
    truncatedBytes: numberOf(told.get(names.truncated)),
    key,
    value,
    headers: record.headers.filter((header) => !header.key.startsWith(deadLetterHeaderPrefix)),
    id: ownId ?? foreignId,
    isOwn: ownId !== null,
    identity: identityOf(record, topic, origin, ownId),
  }
}

/** `<topic>/<partition>/<offset>`. */
export function formatAddress({ topic, partition, offset }: Address): string {
  return `${topic}/${partition}/${offset}`
}

/** What was typed as an address. Throws `settings_invalid` where it is none, or none of a dead-letter topic. */
export function parseAddress(text: string, suffix: string): Address {
  const [, topic, partition, offset] = /^(.+)\/(\d{1,9})\/(\d{1,15})$/.exec(text) ?? []
  if (topic === undefined) {
    const message = `'${text}' is no letter: write <topic>${suffix}/<partition>/<offset>, as logctl dlq list shows it.`
    throw new LogpipeError('settings_invalid', message)
  }
  if (!topic.endsWith(suffix) || topic === suffix) {
    throw new LogpipeError('settings_invalid', `${topic} holds no dead letters: its name does not end in ${suffix}.`)
  }
  return { topic, partition: Number(partition), offset: Number(offset) }
}

function originOf(topic: string, told: ReadonlyMap<string, string>): Origin | null {
  const partition = numberOf(told.get(names.partition))
  const offset = numberOf(told.get(names.offset))
  const timestamp = told.get(names.timestamp) ?? ''
  if (partition === null || offset === null || !/^-?\d{1,16}$/.test(timestamp)) return null
  return { topic, partition, offset, timestampMs: Number(timestamp) }
}

function foreignIdOf(topic: string, origin: Origin | null, replayed: string | undefined): string | null {
  if (replayed !== undefined && isForeignDocumentId(replayed, topic)) return replayed
  if (origin === null) return null
  return foreignDocumentId(topic, origin.partition, origin.offset, origin.timestampMs)
}

/** What a letter is of. The times tell the records of topics that were deleted and made again from the old ones. */
function identityOf(record: WholeRecord, topic: string | null, origin: Origin | null, ownId: string | null): string {
  if (origin !== null) return `${formatAddress(origin)}/${origin.timestampMs}`
  if (topic !== null && ownId !== null) return `${topic}/${ownId}`
  return `${formatAddress(record)}/${record.timestampMs}`
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
