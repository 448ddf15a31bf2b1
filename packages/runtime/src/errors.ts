/**
 * The closed list of what can go wrong. Code branches on these, never on message text.
 * `*_unavailable`: nothing is known of the outcome, try again. `*_rejected`: the other side said no, and will say so again.
 */
export const errorCodes = [
  'settings_invalid',
  'file_unreadable',
  'registry_broken',
  'registry_unsure',
  'disk_full',
  'port_taken',
  'kafka_unavailable',
  'kafka_fenced',
  'kafka_rejected',
  'kafka_time_refused',
  'kafka_record_too_large',
  'kafka_topic_forbidden',
  'kafka_topic_missing',
  'kafka_offset_out_of_range',
  'kafka_corrupt',
  'etcd_unavailable',
  'etcd_conflict',
  'etcd_compacted',
  'etcd_rejected',
  'elasticsearch_unavailable',
  'elasticsearch_overloaded',
  'elasticsearch_rejected',
  'elasticsearch_too_large',
  'kibana_unavailable',
  'kibana_rejected',
  'influxdb_unavailable',
  'influxdb_overloaded',
  'influxdb_rejected',
  'influxdb_too_large',
  'server_not_ready',
  'program_missing',
  'deadline_exceeded',
  'aborted',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface LogpipeErrorOptions {
  /** Whether the same call may succeed later without anyone changing anything. */
  retriable?: boolean
  /** What was thrown underneath. Always pass it where there is one. */
  cause?: unknown
}

/**
 * The one error class of logpipe. `message` is a sentence for a person: what went wrong, where, and what to do.
 * Adapters turn the errors of client libraries into this class at their edge.
 */
export class LogpipeError extends Error {
  override readonly name = 'LogpipeError'
  readonly code: ErrorCode
  readonly retriable: boolean

  constructor(code: ErrorCode, message: string, options: LogpipeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
  }
}

/** Whether `error` is a LogpipeError, of this code where one is given. */
export function isLogpipeError(error: unknown, code?: ErrorCode): error is LogpipeError {
  return error instanceof LogpipeError && (code === undefined || error.code === code)
}

/** The sentence of any thrown value followed by those of its causes, outermost first, for logs and for people. */
export function describeError(error: unknown): string {
  const sentences: string[] = []
  let current: unknown = error
  // Causes may go round in a circle.
  for (let depth = 0; depth < 6 && current !== undefined && current !== null; depth++) {
    const text = current instanceof Error ? current.message || current.name : String(current)
    if (!sentences.includes(text)) sentences.push(text)
    current = current instanceof Error ? current.cause : undefined
  }
  return sentences.map((sentence, i) => (i < sentences.length - 1 ? sentence.replace(/\.$/, '') : sentence)).join(': ')
}
