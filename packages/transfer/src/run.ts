import type { TransferSettings } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import {
  createMetrics,
  describeError,
  isLogpipeError,
  type Logger,
  type Readiness,
  sleep,
  startHttp,
} from '@logpipe/runtime'
import { buildTransfer } from './build.ts'
import { Events } from './events.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import { openStoredPipelines } from './pipeline/stored-pipelines.ts'
import { ElasticsearchClient } from './sink/elasticsearch/client.ts'
import { ping, setup, type SetupResult } from './sink/elasticsearch/setup.ts'
import { withoutFeature } from './sink/elasticsearch/template.ts'

/** How often a server that is away is asked again, and said to be away. */
const waitMs = 3_000

/**
 * Runs the transfer until `signal` aborts: waits for its servers, then moves records; at the end drains, commits and leaves
 * the group. Rejects with what waiting cannot mend.
 */
export async function runTransfer(settings: TransferSettings, log: Logger, signal: AbortSignal): Promise<void> {
  // Before anything is opened: a pipeline that cannot work stops the start.
  const pipelines = new Pipelines(settings.pipelines)
  const metrics = createMetrics('logtransfer')
  const events = new Events(log, metrics)
  /** Servers that have not answered since the start. */
  const away = new Set(['Kafka', 'Elasticsearch', ...(settings.etcd === undefined ? [] : ['etcd'])])
  const ready = (): Readiness =>
    away.size === 0 ? { ready: true } : { ready: false, reason: `Waiting for ${[...away].join(' and ')}.` }
  const http = await startHttp({ listen: settings.http.listen, metrics, ready, log })
  log.info('Listening', { address: http.address })
  const { brokers, clientId, tls, sasl } = settings.kafka
  const cluster = new Cluster({
    brokers,
    clientId,
    log,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  })
  const client = new ElasticsearchClient(settings.elasticsearch)
  const stored = await openStoredPipelines(settings.etcd, pipelines, events, signal)
  try {
    await Promise.all([
      // A line that is indexed without the pipeline it names stays so: its id is taken.
      stored.known.then(() => away.delete('etcd')),
      awaitKafka(cluster, log, signal).then(() => away.delete('Kafka')),
      awaitElasticsearch(client, settings, log, signal).then(() => away.delete('Elasticsearch')),
    ])
    const { transfer, close } = buildTransfer(settings, { cluster, client, events, pipelines })
    try {
      await transfer.run(signal)
    } finally {
      await close()
    }
  } finally {
    await http.close()
    await stored.close()
    await client.close()
    await cluster.close()
  }
}

/** What `setup` did, in a sentence for people. */
export function describeSetup({ template, missing }: SetupResult): string {
  const done = {
    installed: 'The index template was installed.',
    updated: 'The index template was brought up to date.',
    kept: 'The index template is there already.',
    foreign: 'There is an index template of our name that is not ours; it was left as it is.',
  }[template]
  const without = missing.map((feature) => ` This server does not take ${feature}: ${withoutFeature[feature]}.`)
  return done + without.join('')
}

async function awaitKafka(cluster: Cluster, log: Logger, signal: AbortSignal): Promise<void> {
  await cluster.waitUntilUp((error) => log.warn('Waiting for Kafka', { error }), signal)
}

async function awaitElasticsearch(
  client: ElasticsearchClient,
  settings: TransferSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await ping(client, signal)
      if (settings.setup) {
        log.info(describeSetup(await setup(client, settings.elasticsearch.dataStream.type, signal)))
      }
      return
    } catch (error) {
      if (signal.aborted || !isLogpipeError(error) || !error.retriable) throw error
      log.warn('Waiting for Elasticsearch', { reason: describeError(error) })
    }
    await sleep(waitMs, signal)
  }
}
