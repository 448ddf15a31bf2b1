import { hostname } from 'node:os'
import { type AgentSettings, type FilesReport, openEtcdStore, type Registration } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import {
  Duties,
  type Logger,
  LogpipeError,
  type Readiness,
  createMetrics,
  describeError,
  isLogpipeError,
  startHttp,
  systemClock,
  version,
} from '@logpipe/runtime'
import { Agent } from './agent.ts'
import { collectGarbage } from './collect-garbage.ts'
import { KafkaSender } from './deliver/kafka/sender.ts'
import { watchFolder } from './discover/hint.ts'
import { AgentEvents } from './events.ts'
import { openHostMetrics } from './host/open.ts'
import { compilePlan, emptyPlan, type Plan } from './plan/compile.ts'
import { Fleet } from './plan/fleet.ts'
import { emptySelection, type Selection, Selector } from './plan/selection.ts'
import { ownAddress } from './own-address.ts'
import { showFileStates } from './progress/file-gauge.ts'
import { openProgress } from './progress/open.ts'
import type { AnswerPreview } from './requests/answer.ts'
import { Previewer } from './requests/previewer.ts'
import { SqliteRegistry } from './registry/sqlite/registry.ts'

/** What an orderly stop needs after everything was acknowledged: the last write of positions, the endpoint. */
const closingMs = 2_000

/**
 * Runs the agent until `signal` aborts; then waits for what is under way, writes positions and resolves. Servers that are away are
 * waited for. Rejects with what waiting cannot mend: a port that is taken, a registry that cannot be opened.
 */
export async function runAgent(settings: AgentSettings, log: Logger, signal: AbortSignal): Promise<void> {
  const metrics = createMetrics('logagent')
  const events = new AgentEvents(log, metrics)
  const duties = new Duties({ log, metrics })
  const id = settings.id ?? hostname()
  const ip = settings.ip ?? (await addressOf(settings, log, signal))
  const registry = SqliteRegistry.open(settings.dataDir, log)
  const { brokers, clientId, tls, sasl, partitions, replication } = settings.kafka
  const cluster = new Cluster({ brokers, clientId, log, ...(tls && { tls }), ...(sasl && { sasl }) })
  const sender = new KafkaSender(cluster, { partitions, replication }, settings.deadLetter.topicSuffix)
  const agent = new Agent({
    registry,
    sender,
    events,
    clock: systemClock,
    burstOver: collectGarbage,
    scanned: (plan, ignored) => state.fleet?.scanned(plan, ignored),
    origin: { host: settings.host ?? hostname(), ip },
    roots: settings.discover.roots,
    ...(settings.discover.hint && { watch: watchFolder }),
    limits: {
      ...settings.discover,
      ...settings.read,
      ...settings.registry,
      batchBytes: settings.kafka.batchBytes,
      deadLetterSuffix: settings.deadLetter.topicSuffix,
      maxInFlightBytes: settings.kafka.maxInFlightBytes,
      lingerMs: settings.kafka.lingerMs,
    },
  })
  await agent.ledger.load()
  events.observe(agent, sender)
  showFileStates(metrics, () => agent.files())

  const state: RunState = {
    fleet: undefined,
    kafkaUp: false,
    entriesKnown: settings.etcd === undefined,
    plan: emptyPlan,
  }
  const ready = (): Readiness => {
    const reason = notReady(state, (topic) => sender.trouble(topic), duties.trouble('entries'))
    return reason === null ? { ready: true } : { ready: false, reason }
  }
  const files = (): FilesReport => ({ agent: id, files: [...agent.files()] })
  const http = await startHttp({ listen: settings.http.listen, metrics, ready, routes: { '/files': files }, log })
  log.info('Listening', { address: http.address, agent: id, ip })

  const apply = ({ entries }: Selection): Plan => {
    const specs = [...settings.entries, ...entries.map(({ spec }) => spec)]
    state.plan = agent.apply(compilePlan(specs, state.plan, settings.deadLetter.topicSuffix))
    return state.plan
  }
  apply(emptySelection)
  const registration = registrationOf(settings, { id, ip, address: http.address })
  state.fleet = await openFleet(settings, { registration, log, duties, agent }, (selection) => {
    const plan = apply(selection)
    state.entriesKnown = true
    return plan
  })

  const progress = openProgress(
    settings,
    { agent: registration, files: () => agent.files() },
    { cluster, log, metrics },
  )
  const hostRecords = openHostMetrics(settings, registration, agent, { cluster, log, metrics })
  const ending = new AbortController()
  const untilEnd = AbortSignal.any([signal, ending.signal])
  const failures: LogpipeError[] = []
  const background = Promise.all([
    state.fleet?.run(untilEnd),
    cluster
      .waitUntilUp((error) => log.warn('Waiting for Kafka', { error }), untilEnd)
      .then(() => {
        state.kafkaUp = true
        log.info('Kafka answers', { brokers: cluster.brokerCount() })
        return Promise.all([
          progress && duties.run('progress', (until) => progress.run(until), untilEnd),
          hostRecords && duties.run('host metrics', (until) => hostRecords.run(until), untilEnd),
        ])
      }),
  ]).catch((error: unknown) => {
    if (!untilEnd.aborted) failures.push(asLogpipeError(error))
    ending.abort()
  })
  try {
    await agent.run(untilEnd)
  } finally {
    ending.abort()
    await background
    await state.fleet?.close()
    await agent.stop(AbortSignal.timeout(Math.max(1, settings.shutdownMs - closingMs)))
    await progress?.close()
    hostRecords?.close()
    sender.close()
    await http.close()
    await cluster.close()
  }
  const [failure] = failures
  if (failure !== undefined) throw failure
}

/** Servers of a first start whose names are not resolved yet are asked for so long: without etcd the address is only told. */
const addressPatienceMs = 20_000

function addressOf({ kafka, etcd, dataDir }: AgentSettings, log: Logger, signal: AbortSignal): Promise<string> {
  const members = (etcd?.endpoints ?? []).map((endpoint) => endpoint.replace(/^https?:\/\//, ''))
  const patienceMs = etcd === undefined ? 0 : addressPatienceMs
  return ownAddress({ servers: [...kafka.brokers, ...members], folder: dataDir, log, patienceMs }, signal)
}

interface RunState {
  /** Where etcd is among the settings. */
  fleet: Fleet | undefined
  /** Kafka has answered since the start. */
  kafkaUp: boolean
  /** The entries of etcd are known, from now or from before. */
  entriesKnown: boolean
  plan: Plan
}

/** Why the agent cannot do its work, in a sentence; null where it can. One topic in trouble does not make it unready. */
function notReady(
  state: RunState,
  troubleOf: (topic: string) => string | null,
  entriesTrouble: string | null,
): string | null {
  if (!state.kafkaUp) return 'Waiting for Kafka.'
  if (!state.entriesKnown) {
    return entriesTrouble === null ? 'Waiting for etcd.' : `The entries of etcd cannot be followed: ${entriesTrouble}`
  }
  const troubles = state.plan.entries.map(({ route }) => troubleOf(route.topic))
  const isAll = troubles.length > 0 && troubles.every((trouble) => trouble !== null)
  return isAll ? `Kafka takes no lines. ${troubles[0]}` : null
}

/** The agent's part in the fleet; undefined where etcd is not among the settings. */
async function openFleet(
  settings: AgentSettings,
  { registration, log, duties, agent }: { registration: Registration; log: Logger; duties: Duties; agent: Agent },
  apply: (selection: Selection) => Plan,
): Promise<Fleet | undefined> {
  const { etcd, ips, labels } = settings
  if (etcd === undefined) return undefined
  const { prefix, keys, leaseMs, requests, ...connection } = etcd
  const { id, ip, host: hostname } = registration
  const selector = new Selector(prefix, { id, hostname, ips: [ip, ...ips], labels }, keys)
  const store = await openEtcdStore({ ...connection, log })
  const preview = requests ? previewOf(settings, registration) : null
  const clock = systemClock
  return new Fleet({ store, prefix, selector, agent, clock, log, duties, registration, leaseMs, apply, preview })
}

/** How previews are answered. */
function previewOf(
  { discover, kafka, deadLetter }: AgentSettings,
  { host, ip }: Pick<Registration, 'host' | 'ip'>,
): AnswerPreview {
  const previewer = new Previewer({
    clock: systemClock,
    roots: discover.roots,
    origin: { host, ip },
    batchBytes: kafka.batchBytes,
    deadLetterSuffix: deadLetter.topicSuffix,
  })
  return (request, entries, signal) => previewer.preview(request, entries, signal)
}

function registrationOf(
  { host = hostname(), ips, labels }: AgentSettings,
  { id, ip, address }: { id: string; ip: string; address: string },
): Registration {
  return {
    id,
    host,
    ip,
    ips: [...new Set([ip, ...ips])],
    labels,
    version,
    pid: process.pid,
    address,
    started: new Date().toISOString(),
  }
}

function asLogpipeError(error: unknown): LogpipeError {
  return isLogpipeError(error) ? error : new LogpipeError('internal', describeError(error), { cause: error })
}
