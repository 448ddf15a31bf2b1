import type { TransferSettings } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { createMetrics, Duties, type Logger, type Readiness, startHttp } from '@logpipe/runtime'
import { buildTransfer } from './build.ts'
import { Events } from './events.ts'
import { openFleet } from './fleet/fleet.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import { listServers, sinkServers } from './servers.ts'
import { awaitServer, type SinkServer } from './sink/server.ts'

/**
 * Runs the transfer until `signal` aborts: waits for its servers, then moves records; at the end drains, commits and leaves
 * the group. Of several sinks one is enough to begin: what goes to a server that is still away waits by itself. Rejects with what
 * waiting cannot mend.
 */
export async function runTransfer(settings: TransferSettings, log: Logger, signal: AbortSignal): Promise<void> {
  // Before anything is opened: a pipeline that cannot work stops the start.
  const pipelines = new Pipelines(settings.pipelines)
  const metrics = createMetrics('logtransfer')
  const events = new Events(log, metrics)
  const duties = new Duties({ log, metrics })
  const servers = sinkServers(settings, log)
  /** Servers that have not answered since the start. */
  const away = new Set([
    'Kafka',
    ...listServers(servers).map(({ name }) => name),
    ...(settings.etcd === undefined ? [] : ['etcd']),
  ])
  const ready = (): Readiness => {
    const troubles = events.troubles()
    if (away.size === 0) return troubles.length === 0 ? { ready: true } : { ready: false, reason: troubles.join(' ') }
    const trouble = away.has('etcd') ? duties.trouble('pipelines') : null
    const reason = `Waiting for ${[...away].join(' and ')}.`
    return {
      ready: false,
      reason: trouble === null ? reason : `${reason} Its pipelines cannot be followed: ${trouble}`,
    }
  }
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
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const fleet = await openFleet(settings, { pipelines, events, log, duties, address: http.address }, signal)
  const open = async (server: SinkServer): Promise<void> => {
    const lock = `setup-${server.name.toLowerCase()}`
    const setup = (until: AbortSignal): Promise<string> => fleet.inTurn(lock, (turn) => server.setup(turn), until)
    await awaitServer({ ...server, setup }, settings.setup, log, either)
    away.delete(server.name)
  }
  const openings = new Map(listServers(servers).map((server) => [server, open(server)]))
  for (const opening of openings.values()) opening.catch(() => {})
  try {
    await Promise.all([
      // A line that is indexed without the pipeline it names stays so: its id is taken.
      fleet.known.then(() => away.delete('etcd')),
      awaitKafka(cluster, log, signal).then(() => away.delete('Kafka')),
      Promise.race(openings.values()),
    ])
    const { transfer, close } = buildTransfer(settings, { cluster, servers, openings, events, pipelines })
    const running = transfer.run(either)
    try {
      await Promise.race([running, failureOf(openings.values(), signal)])
    } finally {
      stop.abort()
      await running.catch(() => {})
      await close()
    }
  } finally {
    stop.abort()
    await http.close()
    await fleet.close()
    await Promise.all(listServers(servers).map((server) => server.close()))
    await cluster.close()
  }
}

async function awaitKafka(cluster: Cluster, log: Logger, signal: AbortSignal): Promise<void> {
  await cluster.waitUntilUp((error) => log.warn('Waiting for Kafka', { error }), signal)
}

/** Rejects with what no waiting mends for one of them, unless `signal` aborted before. Never resolves. */
function failureOf(openings: Iterable<Promise<void>>, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    for (const opening of openings) {
      opening.catch((error: Error) => {
        if (!signal.aborted) reject(error)
      })
    }
  })
}
