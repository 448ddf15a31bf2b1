import type { TransferSettings } from '@logpipe/config'
import type { Logger } from '@logpipe/runtime'
import { ElasticsearchClient } from './sink/elasticsearch/client.ts'
import { describeSetup } from './sink/elasticsearch/describe-setup.ts'
import { familiesOf, type IndexFamily } from './sink/elasticsearch/index-family.ts'
import { ping, setup } from './sink/elasticsearch/setup.ts'
import { InfluxdbClient } from './sink/influxdb/client.ts'
import { describeInfluxdbSetup, pingInfluxdb, setupInfluxdb } from './sink/influxdb/setup.ts'
import type { SinkServer } from './sink/server.ts'

/** The servers that the settings name for sinks, with the clients that their sinks share with start and `setup`; one of them at least. */
export interface SinkServers {
  /** Null where the settings name none: all goes to InfluxDB. */
  elasticsearch: (SinkServer & { client: ElasticsearchClient }) | null
  /** Null where no route goes there. */
  influxdb: (SinkServer & { client: InfluxdbClient }) | null
}

/** Makes the clients; nothing is sent. Close each of them. */
export function sinkServers({ elasticsearch, influxdb, routes }: TransferSettings, log?: Logger): SinkServers {
  const isUsed = influxdb !== undefined && routes.some(({ sink }) => sink === 'influxdb')
  return {
    elasticsearch: elasticsearch === undefined ? null : elasticsearchServer(elasticsearch, familiesOf(routes), log),
    influxdb: isUsed ? influxdbServer(influxdb, log) : null,
  }
}

/** All of them, in a fixed order. */
export function listServers({ elasticsearch, influxdb }: SinkServers): SinkServer[] {
  return [elasticsearch, influxdb].filter((server) => server !== null)
}

function elasticsearchServer(
  settings: NonNullable<TransferSettings['elasticsearch']>,
  families: readonly IndexFamily[],
  log: Logger | undefined,
): SinkServer & { client: ElasticsearchClient } {
  const { type: streamType, retention = null } = settings.dataStream
  const client = new ElasticsearchClient(settings, log)
  return {
    name: 'Elasticsearch',
    client,
    ping: (signal) => ping(client, signal),
    setup: async (signal) => describeSetup(await setup(client, { streamType, retention, families }, signal)),
    close: () => client.close(),
  }
}

function influxdbServer(
  settings: NonNullable<TransferSettings['influxdb']>,
  log: Logger | undefined,
): SinkServer & { client: InfluxdbClient } {
  const client = new InfluxdbClient(settings, log)
  return {
    name: 'InfluxDB',
    client,
    ping: async (signal) => void (await pingInfluxdb(client, signal)),
    setup: async (signal) => describeInfluxdbSetup(await setupInfluxdb(client, settings, signal)),
    close: () => client.close(),
  }
}
