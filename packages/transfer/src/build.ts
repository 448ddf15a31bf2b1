import type { TransferSettings } from '@logpipe/config'
import type { Cluster } from '@logpipe/kafka'
import { ByteBudget } from './consume/budget.ts'
import { GroupSource } from './consume/kafka/group-source.ts'
import { Burial } from './deliver/burial.ts'
import type { Events } from './events.ts'
import { Outlets } from './outlets.ts'
import type { Pipelines } from './pipeline/pipelines.ts'
import type { SinkServers } from './servers.ts'
import { KafkaDeadLetters } from './sink/kafka/dead-letters.ts'
import type { SinkServer } from './sink/server.ts'
import { Transfer } from './transfer.ts'
import { PartitionWorker } from './worker.ts'

export interface TransferParts {
  cluster: Cluster
  servers: SinkServers
  /** For each server: resolves once it may be sent to. */
  openings: ReadonlyMap<SinkServer, Promise<void>>
  events: Events
  pipelines: Pipelines
}

/** Wires a transfer from its settings. `close` ends what is still under way after `run`; servers stay the caller's. */
export function buildTransfer(
  settings: TransferSettings,
  { cluster, servers, openings, events, pipelines }: TransferParts,
): { transfer: Transfer; close: () => Promise<void> } {
  const { kafka, deadLetter, maxInFlightBytes, commitMs, drainMs } = settings
  const fetched = new ByteBudget(maxInFlightBytes / 2)
  const documents = new ByteBudget(maxInFlightBytes / 2)
  events.watchBytes({ fetched: () => fetched.usedBytes, documents: () => documents.usedBytes })

  const letters = new KafkaDeadLetters(cluster, deadLetter.topicSuffix, events)
  const burial = new Burial(letters, events)
  const outlets = new Outlets(settings, { servers, openings, burial, events, pipelines })
  const source = new GroupSource(
    cluster,
    {
      group: kafka.group,
      sessionTimeoutMs: kafka.sessionTimeoutMs,
      maxPartitionBytes: kafka.maxPartitionBytes,
      // The group gives half of it to draining.
      rebalanceTimeoutMs: Math.max(60_000, drainMs * 3),
      topics: kafka.topics,
      topicRefreshMs: kafka.topicRefreshMs,
      deadLetterSuffix: deadLetter.topicSuffix,
    },
    events,
  )
  const transfer = new Transfer({
    source,
    makeWorker: (partition) => {
      const outlet = outlets.for(partition.topic)
      const { opening, filler } = outlet.lane
      const writer = outlet.makeWriter(partition)
      return new PartitionWorker(partition, writer, { fetched, documents, opening, filler, events })
    },
    failed: Promise.race(outlets.lanes.map(({ delivery }) => delivery.failed)),
    events,
    commitMs,
    drainMs,
  })
  const close = async (): Promise<void> => {
    for (const lane of outlets.lanes) lane.close()
    await letters.close()
  }
  return { transfer, close }
}
