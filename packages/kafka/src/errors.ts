import { type ErrorCode, LogpipeError, isLogpipeError } from '@logpipe/runtime'
import { type ProtocolError, findErrorBy, protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka'

/** The protocol's name of an error code, e.g. `NOT_LEADER_OR_FOLLOWER`; `UNKNOWN_SERVER_ERROR` for one we do not know. */
export function protocolErrorName(code: number): string {
  return protocolErrorsCodesById[code] ?? 'UNKNOWN_SERVER_ERROR'
}

/** What Kafka's documentation says of that error, in a sentence. */
function protocolErrorText(name: string): string {
  return (protocolErrors as Record<string, { message: string } | undefined>)[name]?.message ?? name
}

/** Errors that go away by asking the leader anew, or by waiting. Everything else is final for the request as it stands. */
const retriableNames = new Set([
  'UNKNOWN_SERVER_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_CONTROLLER',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNSTABLE_OFFSET_COMMIT',
  'CONCURRENT_TRANSACTIONS',
  // What a connection answers that is not signed in (any more): the next one is.
  'ILLEGAL_SASL_STATE',
])

/** The broker no longer knows this producer's sequence: a new producer id is needed, nothing else is wrong. */
export const lostSequenceNames = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** This member is no longer part of the group's current generation: it must rejoin, and may commit nothing. */
export const lostMembershipNames = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
  'INCONSISTENT_GROUP_PROTOCOL',
])

const codesByName: Record<string, ErrorCode> = {
  MESSAGE_TOO_LARGE: 'kafka_record_too_large',
  RECORD_LIST_TOO_LARGE: 'kafka_record_too_large',
  TOPIC_AUTHORIZATION_FAILED: 'kafka_topic_forbidden',
  CLUSTER_AUTHORIZATION_FAILED: 'kafka_topic_forbidden',
  GROUP_AUTHORIZATION_FAILED: 'kafka_topic_forbidden',
  UNKNOWN_TOPIC_OR_PARTITION: 'kafka_topic_missing',
  UNKNOWN_TOPIC_ID: 'kafka_topic_missing',
  OFFSET_OUT_OF_RANGE: 'kafka_offset_out_of_range',
  CORRUPT_MESSAGE: 'kafka_corrupt',
  INVALID_TIMESTAMP: 'kafka_time_refused',
}

/** What an operator can do, where Kafka's own words do not say it. */
const adviceByName: Record<string, string> = {
  TOPIC_AUTHORIZATION_FAILED: 'Give our user the right to this topic (kafka-acls.sh --add).',
  GROUP_AUTHORIZATION_FAILED: 'Give our user the right READ on this group (kafka-acls.sh --add).',
  CLUSTER_AUTHORIZATION_FAILED: 'Give our user the right on the cluster, or on the topic (kafka-acls.sh --add).',
}

/** Our error for one of the protocol's; `what` begins the sentence, e.g. `Topic web_log, partition 3`. */
export function fromProtocol(name: string, what: string, detail?: string | null, cause?: unknown): LogpipeError {
  const retriable = retriableNames.has(name)
  const code =
    codesByName[name] ??
    (lostMembershipNames.has(name) ? 'kafka_fenced' : retriable ? 'kafka_unavailable' : 'kafka_rejected')
  const todo = adviceByName[name]
  const said = todo ?? (detail || protocolErrorText(name))
  return new LogpipeError(code, `${what}: Kafka answered ${name}. ${said}`, {
    retriable,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The protocol error inside an error of the client library or of ours, or null where there was no answer. */
export function protocolNameOf(error: unknown): string | null {
  if (isLogpipeError(error)) return error.cause === undefined ? null : protocolNameOf(error.cause)
  const found = error instanceof Error ? findErrorBy<ProtocolError>(error, 'code', 'PLT_KFK_PROTOCOL') : null
  return (found?.['apiId'] as string | undefined) ?? null
}

/** The whole answer that an error of the client library carries; the library throws as soon as one part of it has an error. */
export function responseOf<Response>(error: unknown): Response | undefined {
  const thrown = isLogpipeError(error) ? error.cause : error
  return (thrown as { response?: Response } | undefined)?.response
}

/** Turns whatever the client library threw into ours. No answer at all means `kafka_unavailable`, retriable. */
export function fromClient(error: unknown, what: string): LogpipeError {
  if (isLogpipeError(error)) return error
  const name = protocolNameOf(error)
  if (name !== null) return fromProtocol(name, what, null, error)
  return new LogpipeError('kafka_unavailable', `${what}: no answer.`, { retriable: true, cause: error })
}
