import type { Cluster } from '@logpipe/kafka'
import type { CliSettings } from '../../settings.ts'

/** The Kafka cluster that is looked at. */
export interface KafkaPatient {
  cluster: Cluster
  settings: NonNullable<CliSettings['kafka']>
  /** The consumer group of the transfers. */
  group: string
}

/** What logctl gives a broker for an answer: somebody waits for it. */
export const brokerTimeouts = { clientId: 'logctl', connectTimeoutMs: 4_000, requestTimeoutMs: 8_000 }
