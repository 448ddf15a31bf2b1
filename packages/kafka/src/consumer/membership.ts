import { Backoff, LogpipeError, abortedError, isLogpipeError, untilAborted } from '@logpipe/runtime'
import {
  type GroupAssignment,
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  syncGroupV5,
} from '@platformatic/kafka'
import type { Cluster } from '../cluster/cluster.ts'
import type { BrokerAddress } from '../cluster/connections.ts'
import { lostMembershipNames, protocolNameOf, responseOf } from '../errors.ts'
import { type Subscription, assignRoundRobin, assignorName } from './assignor.ts'

export interface MembershipOptions {
  group: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
}

/** One generation of the group with this member in it. */
export interface Joined {
  readonly generationId: number
  readonly memberId: string
  readonly isLeader: boolean
  readonly assignments: readonly GroupAssignment[]
}

/** The topics' partition counts at the time of an assignment; only the leader looks at them. */
export type PartitionCounts = ReadonlyMap<string, number>

/**
 * This process as a member of a consumer group, in Kafka's classic protocol: join → sync → heartbeats → leave. Kept apart
 * from the library's Consumer for the reasons in docs/adr/0002. Single owner: the group consumer.
 */
export class Membership {
  readonly #cluster: Cluster
  readonly #options: MembershipOptions
  #coordinator: BrokerAddress | null = null
  #memberId = ''
  #counts: PartitionCounts = new Map()

  constructor(cluster: Cluster, options: MembershipOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** The counts that the last assignment was made from; empty where another member made it. */
  get counts(): PartitionCounts {
    return this.#counts
  }

  /**
   * Joins the group, or joins it again after a rebalance. Tries until it is in, and tells `onFailed` of tries in vain; rejects only with
   * `aborted` or for good.
   */
  async join(
    topics: readonly string[],
    signal: AbortSignal,
    onFailed: (error: unknown) => void = () => undefined,
  ): Promise<Joined> {
    const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 })
    for (;;) {
      try {
        return await untilAborted(this.#joinOnce(topics), signal)
      } catch (error) {
        if (signal.aborted) throw abortedError(signal)
        const name = protocolNameOf(error)
        if (name === 'MEMBER_ID_REQUIRED') {
          this.#memberId = responseOf<joinGroupV9.JoinGroupResponse>(error)?.memberId ?? ''
          continue
        }
        if (name === 'UNKNOWN_MEMBER_ID' || name === 'FENCED_INSTANCE_ID') this.#memberId = ''
        if (!isLogpipeError(error) || !(error.retriable || lostMembershipNames.has(name ?? ''))) throw error
        onFailed(error)
        // A rebalance costs a try or two; more of them, or a group that others use in another way, is somebody's concern.
        const isUsual = backoff.attempt < 3 && name !== 'INCONSISTENT_GROUP_PROTOCOL'
        this.#cluster.log[isUsual ? 'debug' : 'warn']('Joining the consumer group failed; trying on', {
          group: this.#options.group,
          error,
        })
        this.#coordinator = null
        await backoff.wait(signal)
      }
    }
  }

  async #joinOnce(topics: readonly string[]): Promise<Joined> {
    const { group, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const metadata = encodeConsumerProtocolSubscription({ version: 0, topics: [...topics] })
    const what = `Joining group ${group}`
    const joined = await this.#cluster.connections.request(
      await this.coordinator(),
      'group',
      joinGroupV9.api,
      [
        group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        this.#memberId,
        null,
        'consumer',
        [{ name: assignorName, metadata }],
        null,
      ],
      what,
    )
    this.#memberId = joined.memberId
    const isLeader = joined.leader === joined.memberId
    const assignments = isLeader ? await this.#assign(joined.members) : []
    const synced = await this.#cluster.connections.request(
      await this.coordinator(),
      'group',
      syncGroupV5.api,
      [group, joined.generationId, joined.memberId, null, 'consumer', joined.protocolName ?? assignorName, assignments],
      what,
    )
    const mine =
      synced.assignment.length === 0 ? [] : decodeConsumerProtocolAssignment(synced.assignment).assignedPartitions
    return { generationId: joined.generationId, memberId: joined.memberId, isLeader, assignments: mine }
  }

  async #assign(
    members: readonly joinGroupV9.JoinGroupResponseMember[],
  ): Promise<syncGroupV5.SyncGroupRequestAssignment[]> {
    const subscriptions: Subscription[] = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeConsumerProtocolSubscription(metadata).topics,
    }))
    this.#counts = await this.countPartitions(new Set(subscriptions.flatMap(({ topics }) => topics)))
    return [...assignRoundRobin(subscriptions, this.#counts)].map(([memberId, assigned]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({ version: 0, assignedPartitions: assigned }),
    }))
  }

  /** Asks anew how many partitions these topics have; topics that do not exist are left out. */
  async countPartitions(topics: Iterable<string>): Promise<PartitionCounts> {
    const names = [...topics]
    await this.#cluster.metadata.refresh(names)
    const counts = new Map<string, number>()
    for (const topic of names) {
      const count = this.#cluster.metadata.cached(topic)?.partitions.length
      if (count !== undefined) counts.set(topic, count)
    }
    return counts
  }

  /**
   * Tells the coordinator that this member lives. Rejects with what it answered, or when `signal` aborts first: then the
   * connection is given up, and with it all that waits on it.
   */
  async heartbeat(joined: Joined, signal: AbortSignal): Promise<void> {
    const { group } = this.#options
    const coordinator = await untilAborted(this.coordinator(), signal)
    const args: Parameters<typeof heartbeatV4.createRequest> = [group, joined.generationId, joined.memberId, null]
    const what = `Heartbeat to group ${group}`
    try {
      await untilAborted(this.#cluster.connections.request(coordinator, 'group', heartbeatV4.api, args, what), signal)
    } catch (error) {
      if (signal.aborted) await this.#cluster.connections.drop(coordinator, 'group')
      if (signal.aborted || (isLogpipeError(error) && error.retriable)) this.forgetCoordinator()
      throw error
    }
  }

  /** Leaves the group, so that its partitions go to others at once. Best effort: rejects with `kafka_*` where it fails. */
  async leave(): Promise<void> {
    if (this.#memberId === '') return
    const memberId = this.#memberId
    this.#memberId = ''
    // Not the group's own connection: a join may be waiting there, and Kafka answers one connection in turn.
    await this.#cluster.connections.request(
      await this.coordinator(),
      'control',
      leaveGroupV5.api,
      [this.#options.group, [{ memberId, groupInstanceId: null, reason: 'stopped' }]],
      `Leaving group ${this.#options.group}`,
    )
  }

  /** The group's coordinator, remembered until it turns out to be wrong. */
  async coordinator(): Promise<BrokerAddress> {
    this.#coordinator ??= await this.#cluster.coordinator(this.#options.group)
    return this.#coordinator
  }

  /** Forgets the coordinator after an answer that says that it is another, or none. */
  forgetCoordinator(): void {
    this.#coordinator = null
  }
}

/** Whether this error ends the membership in the present generation, other than by a rebalance that is asked for politely. */
export function isLost(error: unknown): boolean {
  const name = protocolNameOf(error)
  return name !== null && name !== 'REBALANCE_IN_PROGRESS' && lostMembershipNames.has(name)
}

/** The error of whoever acts for a generation that is over. */
export function fencedError(group: string): LogpipeError {
  return new LogpipeError('kafka_fenced', `This member is no longer part of group ${group}; nothing was committed.`)
}
