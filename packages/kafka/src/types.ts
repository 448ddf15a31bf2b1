/** What the other packages see of Kafka: no type of the client library leaves this package. */

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface TopicPartition {
  topic: string
  partition: number
}

/** Where the brokers are and how to sign in. */
export interface ClusterOptions {
  /** `host:port` of at least one broker; the others are learnt from it. */
  brokers: readonly string[]
  clientId: string
  tls?: {
    /** Paths of PEM files, which are read again when they change, or PEM texts. */
    ca?: string
    cert?: string
    key?: string
    /** The name in the brokers' certificates, where they are reached by others. */
    serverName?: string
    rejectUnauthorized?: boolean
  }
  sasl?: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string }
  /** Deadline of a connect, milliseconds. Default 5,000. */
  connectTimeoutMs?: number
  /** Deadline of a request, milliseconds; where batches go or come, of the silence on its connection. Default 30,000. */
  requestTimeoutMs?: number
}

/** A finished record batch, ready to be stamped with producer id and sequence and sent. Made by RecordBatchEncoder. */
export interface EncodedBatch {
  /** Batch header (61 bytes) and records, compressed or not. Must stay untouched until `send` has settled. */
  readonly bytes: Buffer
  readonly recordCount: number
}

export interface ProduceResult {
  /** Kafka offset of the batch's first record; −1 where the broker does not tell (a duplicate it had already). */
  baseOffset: number
}

export interface RecordHeader {
  key: string
  /** Kafka tells no value (null) from an empty one. */
  value: Uint8Array | null
}

/** One record with all its parts, for paths where an object a record does no harm (dead letters, metrics, tests). */
export interface PlainRecord {
  key?: Uint8Array | null | undefined
  value: Uint8Array | null
  headers?: readonly RecordHeader[]
  /** Milliseconds since 1970; now by default. */
  timestampMs?: number
}
