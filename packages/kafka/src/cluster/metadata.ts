import { LogpipeError } from '@logpipe/runtime'
import { metadataV12 } from '@platformatic/kafka'
import { fromProtocol, protocolErrorName } from '../errors.ts'
import { type BrokerAddress, type Connections, noBrokerAnswers } from './connections.ts'

export interface PartitionMetadata {
  partition: number
  /** Node id; −1 while there is none. */
  leader: number
  leaderEpoch: number
  /** Node ids of the replicas that are in sync. */
  inSync: readonly number[]
  replicas: readonly number[]
}

export interface TopicMetadata {
  name: string
  /** One that is deleted and made again has another. */
  id: string
  /** When it was asked for, by `performance.now()`. */
  askedMs: number
  /** Ordered by partition number. */
  partitions: readonly PartitionMetadata[]
}

/**
 * What is known of the cluster's brokers and of the topics somebody asked for. Answers come from any broker that is up;
 * refreshes that overlap are one request.
 */
export class Metadata {
  readonly #connections: Connections
  readonly #bootstrap: readonly BrokerAddress[]
  #brokers = new Map<number, BrokerAddress>()
  #controllerId = -1
  readonly #topics = new Map<string, TopicMetadata>()
  #refreshing: Promise<void> | null = null
  #wanted = new Set<string>()

  constructor(connections: Connections, bootstrap: readonly BrokerAddress[]) {
    this.#connections = connections
    this.#bootstrap = bootstrap
  }

  get brokerCount(): number {
    return this.#brokers.size
  }

  /** All brokers that are up, as they want to be reached. */
  brokers(): BrokerAddress[] {
    return [...this.#brokers.values()]
  }

  broker(nodeId: number): BrokerAddress | undefined {
    return this.#brokers.get(nodeId)
  }

  /** Any address to ask: the learnt brokers in random order, then those of the settings. */
  candidates(): BrokerAddress[] {
    const known = [...this.#brokers.values()]
    for (let i = known.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1))
      ;[known[i], known[j]] = [known[j] as BrokerAddress, known[i] as BrokerAddress]
    }
    const seen = new Set(known.map(({ host, port }) => `${host}:${port}`))
    return [...known, ...this.#bootstrap.filter(({ host, port }) => !seen.has(`${host}:${port}`))]
  }

  controller(): BrokerAddress | undefined {
    return this.#brokers.get(this.#controllerId)
  }

  /** What is known of a topic without asking. */
  cached(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic)
  }

  /** The topic, asked for where it is not known yet. Rejects with `kafka_topic_missing` where there is none. */
  async topic(name: string): Promise<TopicMetadata> {
    if (!this.#topics.has(name)) await this.refresh([name])
    const topic = this.#topics.get(name)
    if (topic === undefined) {
      throw new LogpipeError('kafka_topic_missing', `Topic ${name} does not exist.`, { retriable: true })
    }
    return topic
  }

  /** Asks anew for these topics. Topics that are gone are forgotten. Rejects with `kafka_unavailable` or `kafka_topic_forbidden`. */
  async refresh(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic)
    // Whoever asks while a request is under way waits for that one, then for the next, which holds its topics.
    if (this.#refreshing !== null) await this.#refreshing.catch(() => undefined)
    this.#refreshing ??= this.#load().finally(() => {
      this.#refreshing = null
    })
    await this.#refreshing
  }

  async #load(): Promise<void> {
    const names = [...this.#wanted]
    this.#wanted = new Set()
    const askedMs = performance.now()
    const response = await this.#ask(names)
    let forbidden: LogpipeError | null = null
    for (const { name, topicId, errorCode, partitions } of response.topics) {
      if (name == null) continue
      const error = protocolErrorName(errorCode)
      if (error === 'NONE' || error === 'LEADER_NOT_AVAILABLE') {
        this.#topics.set(name, {
          name,
          id: topicId,
          askedMs,
          partitions: partitions
            .map((p) => ({
              partition: p.partitionIndex,
              leader: p.leaderId,
              leaderEpoch: p.leaderEpoch,
              inSync: p.isrNodes,
              replicas: p.replicaNodes,
            }))
            .sort((a, b) => a.partition - b.partition),
        })
      } else {
        this.#topics.delete(name)
        if (error === 'TOPIC_AUTHORIZATION_FAILED' || error === 'INVALID_TOPIC_EXCEPTION') {
          forbidden = fromProtocol(error, `Topic ${name}`)
        }
      }
    }
    if (forbidden !== null && names.length === 1) throw forbidden
  }

  /** Names of all topics that are not Kafka's own. */
  async listTopics(): Promise<string[]> {
    const response = await this.#ask(null)
    return response.topics.flatMap(({ name, isInternal, errorCode }) =>
      name == null || isInternal || errorCode !== 0 ? [] : [name],
    )
  }

  async #ask(topics: string[] | null): Promise<metadataV12.MetadataResponse> {
    const candidates = this.candidates()
    let last: unknown
    for (const broker of candidates) {
      try {
        const response = await this.#send(broker, topics)
        this.#brokers = new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
        this.#controllerId = response.controllerId
        return response
      } catch (error) {
        if (!(error instanceof LogpipeError) || error.code !== 'kafka_unavailable') throw error
        last = error
      }
    }
    throw noBrokerAnswers(candidates, last)
  }

  async #send(broker: BrokerAddress, topics: string[] | null): Promise<metadataV12.MetadataResponse> {
    const connection = await this.#connections.get(broker, 'metadata')
    const { promise, resolve, reject } = Promise.withResolvers<metadataV12.MetadataResponse>()
    connection.send(
      metadataV12.api.key,
      metadataV12.api.version,
      () => metadataV12.createRequest(topics, false, false),
      parseKeepingErrors,
      true,
      true,
      (error, response) => {
        if (error || response === undefined) reject(this.#connections.firstFailure(error, broker, connection))
        else resolve(response)
      },
    )
    return await promise
  }
}

/** The library's parser throws when one topic has an error; the answer for the others rides on the error. */
function parseKeepingErrors(...args: Parameters<typeof metadataV12.parseResponse>): metadataV12.MetadataResponse {
  try {
    return metadataV12.parseResponse(...args)
  } catch (error) {
    const response = (error as { response?: metadataV12.MetadataResponse }).response
    if (response !== undefined) return response
    throw error
  }
}
