import type { DataStreamCount } from '../elasticsearch/log-index.ts'

/** What a look at one server found; absent parts were not learnt. `problem` is a sentence, and makes it unhealthy. */
export interface ServerState {
  addresses: string[]
  healthy: boolean
  problem?: string
}

export interface TopicState {
  topic: string
  partitions: number
  /** Records that the topic holds now. */
  records: number
  /** Records that the group has still to read; absent where it reads none of this topic. */
  lag?: number
}

export interface KafkaState extends ServerState {
  brokers?: number
  group: string
  topics?: TopicState[]
}

export interface ElasticsearchState extends ServerState {
  /** green, yellow, red. */
  status?: string
  dataStreams?: DataStreamCount[]
}

/** An agent or a transfer, as its own endpoint describes it. */
export interface ProgramState {
  kind: 'agent' | 'transfer'
  address: string
  healthy: boolean
  problem?: string
}

/** Who of a kind is alive, and could not apply what etcd wants. */
export interface MembersState {
  alive: number
  /** How many of them could not apply something. */
  failed: number
  /** How many have yet to. */
  pending: number
  /** Why, a sentence each; the first ones only. */
  errors: string[]
}

/** What is registered in etcd. */
export interface FleetState {
  healthy: boolean
  agents: MembersState
  transfers: MembersState
}

/** Everything that `logctl status` knows; servers whose address is not known are absent. */
export interface StatusReport {
  healthy: boolean
  kafka?: KafkaState
  etcd?: ServerState
  elasticsearch?: ElasticsearchState
  /** Absent where etcd does not tell. */
  fleet?: FleetState
  programs: ProgramState[]
}

/** How long one server may take to answer. */
export const answerMs = 8_000
