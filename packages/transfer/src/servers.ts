import type { TransferSettings } from '@logpipe/config'
import { ElasticsearchClient } from './sink/elasticsearch/client.ts'
import { ping, setup, type SetupResult } from './sink/elasticsearch/setup.ts'
import { withoutFeature } from './sink/elasticsearch/template.ts'
import { InfluxdbClient } from './sink/influxdb/client.ts'
import { describeInfluxdbSetup, pingInfluxdb, setupInfluxdb } from './sink/influxdb/setup.ts'
import type { SinkServer } from './sink/server.ts'

/** The servers that the settings name for sinks, with the clients that their sinks share with start and `setup`. */
export interface SinkServers {
  elasticsearch: SinkServer & { client: ElasticsearchClient }
  /** Null where no route goes there. */
  influxdb: (SinkServer & { client: InfluxdbClient }) | null
}

/** Makes the clients; nothing is sent. Close each of them. */
export function sinkServers({ elasticsearch, influxdb, routes }: TransferSettings): SinkServers {
  const isUsed = influxdb !== undefined && routes.some(({ sink }) => sink === 'influxdb')
  return {
    elasticsearch: elasticsearchServer(elasticsearch),
    influxdb: isUsed ? influxdbServer(influxdb) : null,
  }
}

/** All of them, in a fixed order. */
export function listServers({ elasticsearch, influxdb }: SinkServers): SinkServer[] {
  return influxdb === null ? [elasticsearch] : [elasticsearch, influxdb]
}

function elasticsearchServer(settings: TransferSettings['elasticsearch']): SinkServers['elasticsearch'] {
  const client = new ElasticsearchClient(settings)
  return {
    name: 'Elasticsearch',
    client,
    ping: (signal) => ping(client, signal),
    setup: async (signal) => describeSetup(await setup(client, settings.dataStream.type, signal)),
    close: () => client.close(),
  }
}

function influxdbServer(settings: NonNullable<TransferSettings['influxdb']>): SinkServer & { client: InfluxdbClient } {
  const client = new InfluxdbClient(settings)
  return {
    name: 'InfluxDB',
    client,
    ping: async (signal) => void (await pingInfluxdb(client, signal)),
    setup: async (signal) => describeInfluxdbSetup(await setupInfluxdb(client, settings, signal)),
    close: () => client.close(),
  }
}

/** What `setup` of Elasticsearch did, in a sentence for people. */
function describeSetup({ template, missing }: SetupResult): string {
  const done = {
    installed: 'The index template was installed.',
    updated: 'The index template was brought up to date.',
    kept: 'The index template is there already.',
    foreign: 'There is an index template of our name that is not ours; it was left as it is.',
  }[template]
  const without = missing.map((feature) => ` This server does not take ${feature}: ${withoutFeature[feature]}.`)
  return done + without.join('')
}
