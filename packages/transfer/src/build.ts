import type { TransferSettings } from '@logpipe/config'
import type { Cluster } from '@logpipe/kafka'
import { ByteBudget } from './consume/budget.ts'
import { GroupSource } from './consume/kafka/group-source.ts'
import { Burial } from './deliver/burial.ts'
import { Lane } from './deliver/lane.ts'
import { DocumentWriter } from './document/document.ts'
import { type Defaults, parseOrigin } from './document/origin.ts'
import { OriginCache } from './document/origin-cache.ts'
import { defaultsOf } from './document/route.ts'
import type { Events } from './events.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import { ElasticsearchSink } from './sink/elasticsearch/bulk.ts'
import type { ElasticsearchClient } from './sink/elasticsearch/client.ts'
import { ElasticsearchLookup } from './sink/elasticsearch/lookup.ts'
import { KafkaDeadLetters } from './sink/kafka/dead-letters.ts'
import { SuspectsSink } from './sink/suspects.ts'
import { Transfer } from './transfer.ts'
import { PartitionWorker } from './worker.ts'

/** Distinct `source` headers remembered: about 1 KiB each. */
const originsKept = 8_192

export interface Servers {
  cluster: Cluster
  client: ElasticsearchClient
  events: Events
  /** Default: those of the settings. */
  pipelines?: Pipelines
}

/** Wires a transfer from its settings. `close` ends what is still under way after `run`; servers stay the caller's. */
export function buildTransfer(
  settings: TransferSettings,
  { cluster, client, events, pipelines = new Pipelines(settings.pipelines) }: Servers,
): { transfer: Transfer; close: () => Promise<void> } {
  const { kafka, elasticsearch, deadLetter, maxInFlightBytes, commitMs, drainMs } = settings
  const fetched = new ByteBudget(maxInFlightBytes / 2)
  const documents = new ByteBudget(maxInFlightBytes / 2)
  events.watchBytes({ fetched: () => fetched.usedBytes, documents: () => documents.usedBytes })

  const letters = new KafkaDeadLetters(cluster, deadLetter.topicSuffix, events)
  const burial = new Burial(letters, events)
  const plain = new ElasticsearchSink(client)
  const { lookUpSuspects } = elasticsearch
  const lane = new Lane({
    sink: lookUpSuspects ? new SuspectsSink(plain, new ElasticsearchLookup(client), events) : plain,
    burial,
    limits: { maxBytes: elasticsearch.bulkBytes, maxItems: elasticsearch.bulkDocs },
    maxAgeMs: elasticsearch.bulkAgeMs,
    inFlight: elasticsearch.inFlight,
    events,
  })

  const { type, namespace } = elasticsearch.dataStream
  const defaultsFor = (topic: string): Defaults => defaultsOf(settings.routes, topic, { type, namespace })
  const origins = new OriginCache(originsKept, (header, topic) => parseOrigin(header, topic, defaultsFor(topic)))
  const parsing = { pipelines, binary: settings.foreign.binary }
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
      const { topic } = partition
      const writer = new DocumentWriter(topic, partition.partition, origins, defaultsFor(topic), parsing)
      const { opening, filler } = lane
      return new PartitionWorker(partition, writer, { fetched, documents, opening, filler, events })
    },
    failed: lane.delivery.failed,
    events,
    commitMs,
    drainMs,
  })
  const close = async (): Promise<void> => {
    lane.close()
    await letters.close()
  }
  return { transfer, close }
}
