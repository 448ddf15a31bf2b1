import type { Route, TransferSettings } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { AssignedPartition } from './consume/source.ts'
import type { Burial } from './deliver/burial.ts'
import { Lane } from './deliver/lane.ts'
import { DocumentWriter } from './document/document.ts'
import { type Defaults, parseOrigin } from './document/origin.ts'
import { OriginCache } from './document/origin-cache.ts'
import { defaultsOf, routeOf } from './document/route.ts'
import type { RecordWriter } from './document/writer.ts'
import type { Events } from './events.ts'
import type { Pipelines } from './pipeline/pipelines.ts'
import type { SinkServers } from './servers.ts'
import { ElasticsearchSink } from './sink/elasticsearch/bulk.ts'
import { familiesOf } from './sink/elasticsearch/index-family.ts'
import { ElasticsearchLookup } from './sink/elasticsearch/lookup.ts'
import { SearchableSink } from './sink/elasticsearch/searchable.ts'
import { GatedSink } from './sink/gated.ts'
import { PointWriter, sourceTagsOf } from './sink/influxdb/point-writer.ts'
import { InfluxdbSink } from './sink/influxdb/sink.ts'
import { parseSourceTags } from './sink/influxdb/source-tags.ts'
import { PatienceSink } from './sink/patience.ts'
import type { SinkServer } from './sink/server.ts'
import type { Sink } from './sink/sink.ts'
import { SuspectsSink } from './sink/suspects.ts'

/** Distinct `source` headers remembered for each sink: about 1 KiB each. */
const originsKept = 8_192

/** A sink as the workers of its partitions see it: the way to it, and what writes records in its form. */
export interface Outlet {
  readonly lane: Lane
  makeWriter(partition: Pick<AssignedPartition, 'topic' | 'partition'>): RecordWriter
}

export interface OutletParts {
  servers: SinkServers
  /** Resolves once the server may be sent to; a server that is not named may be at once. */
  openings: ReadonlyMap<SinkServer, Promise<void>>
  burial: Burial
  events: Events
  pipelines: Pipelines
}

/** The outlets of a transfer, one for each sink that is used. */
export class Outlets {
  readonly #routes: readonly Route[]
  readonly #elasticsearch: Outlet | null
  readonly #influxdb: Outlet | null

  constructor(settings: TransferSettings, parts: OutletParts) {
    this.#routes = settings.routes
    this.#elasticsearch = elasticsearchOutlet(settings, parts)
    this.#influxdb = influxdbOutlet(settings, parts)
  }

  get lanes(): Lane[] {
    return [this.#elasticsearch, this.#influxdb].flatMap((outlet) => outlet?.lane ?? [])
  }

  /** Where the records of a topic of `kafka.topics` go, for as long as the settings stand. Throws for others, where there is but one server. */
  for(topic: string): Outlet {
    const sink = routeOf(this.#routes, topic)?.sink ?? 'elasticsearch'
    const outlet = sink === 'influxdb' ? this.#influxdb : this.#elasticsearch
    if (outlet !== null) return outlet
    throw new LogpipeError('settings_invalid', `Topic '${topic}' goes to ${sink}, which the settings do not name.`)
  }
}

function elasticsearchOutlet(settings: TransferSettings, parts: OutletParts): Outlet | null {
  const { servers, pipelines, burial, events } = parts
  if (settings.elasticsearch === undefined || servers.elasticsearch === null) return null
  const { bulkBytes, bulkDocs, bulkAgeMs, inFlight, lookUpSuspects, dataStream } = settings.elasticsearch
  const { client } = servers.elasticsearch
  const followed = new SearchableSink(new ElasticsearchSink(client), client, {
    onFound: (seconds) => events.documentFound(seconds),
    onForbidden: (status) => events.searchForbidden(status),
  })
  const plain = new PatienceSink(followed)
  const lookup = new ElasticsearchLookup(client, familiesOf(settings.routes))
  const sink = lookUpSuspects ? new SuspectsSink(plain, lookup, events) : plain
  const lane = new Lane({
    name: 'elasticsearch',
    sink: gated(servers.elasticsearch, sink, parts),
    burial,
    limits: { maxBytes: bulkBytes, maxItems: bulkDocs },
    maxAgeMs: bulkAgeMs,
    inFlight,
    events,
  })
  const { type, namespace } = dataStream
  const defaultsFor = (topic: string): Defaults => defaultsOf(settings.routes, topic, { type, namespace })
  const origins = new OriginCache(originsKept, (header, topic) => parseOrigin(header, topic, defaultsFor(topic)))
  const parsing = {
    pipelines,
    binary: settings.foreign.binary,
    onUnparsed: (pipeline: string, failedAt: string) => events.lineNotParsed(pipeline, failedAt),
  }
  return {
    lane,
    makeWriter: ({ topic, partition }) => new DocumentWriter(topic, partition, origins, defaultsFor(topic), parsing),
  }
}

function influxdbOutlet({ influxdb }: TransferSettings, parts: OutletParts): Outlet | null {
  const { servers, burial, events } = parts
  if (influxdb === undefined || servers.influxdb === null) return null
  const { bulkBytes, bulkRecords, bulkAgeMs, inFlight, precision } = influxdb
  const lane = new Lane({
    name: 'influxdb',
    sink: gated(servers.influxdb, new InfluxdbSink(servers.influxdb.client, influxdb), parts),
    burial,
    limits: { maxBytes: bulkBytes, maxItems: bulkRecords },
    maxAgeMs: bulkAgeMs,
    inFlight,
    events,
  })
  const sources = new OriginCache(originsKept, (header) => {
    const tags = parseSourceTags(header)
    return tags === null ? null : sourceTagsOf(tags)
  })
  return { lane, makeWriter: ({ topic }) => new PointWriter(topic, sources, precision) }
}

function gated(server: SinkServer, sink: Sink, { openings }: OutletParts): Sink {
  const opening = openings.get(server)
  return opening === undefined ? sink : new GatedSink(sink, opening)
}
