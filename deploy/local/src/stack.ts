import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LogpipeError, isLogpipeError, sleep } from '@logpipe/runtime'
import { planElasticsearch } from './elasticsearch.ts'
import { planEtcd } from './etcd.ts'
import { endLeftovers } from './existing.ts'
import { type InfluxdbOptions, planInfluxdb } from './influxdb.ts'
import { isClusterWhole, planKafka } from './kafka.ts'
import {
  type FirstPorts,
  type Layout,
  type Service,
  clientPorts,
  freeLayout,
  layoutFrom,
  usualPorts,
  usualServices,
} from './layout.ts'
import { withLock } from './lock.ts'
import type { PlanContext } from './plan.ts'
import type { StackSecurity } from './security.ts'
import { Server, type ServerHandle, type ServerPlan } from './server.ts'
import { type ServerRecord, type StackAddresses, changeState, removeState, writeState } from './state.ts'

export interface StackOptions {
  /** Where the stack keeps data, logs and stack.json. A second start there goes on with the data of the first. */
  dir: string
  /** Kafka, etcd and Elasticsearch by default. */
  services?: readonly Service[]
  /** 1 or 3. Three brokers replicate three times, with two in sync at least. */
  brokers?: number
  /** 1 or 3. */
  etcdMembers?: number
  influxdb?: InfluxdbOptions
  /** The first port of each service (9092, 2379, 9200, 8086 where not given), or 'free' for ports that nobody uses. */
  ports?: 'free' | Partial<FirstPorts>
  /** Java heap sizes, as in -Xmx. */
  heap?: { kafka?: string; elasticsearch?: string }
  /** Users, certificates and the listeners that ask for them; of single servers only. */
  security?: StackSecurity
  /** How long a server may take to answer after its start. */
  readyMs?: number
  /** How long a server may take to end by itself on `stop` before it is killed; 0 kills at once, for data that is thrown away. */
  graceMs?: number
  /** Whether the servers go on when this process ends; `takeDown` ends them then. */
  outlivesUs?: boolean
  onProgress?: (text: string) => void
  /** Stops waiting; what was started is ended. */
  signal?: AbortSignal
}

/** A running stack. Empty lists stand for services that were not asked for. */
export interface Stack {
  readonly addresses: StackAddresses
  readonly kafka: readonly ServerHandle[]
  readonly etcd: readonly ServerHandle[]
  readonly elasticsearch: readonly ServerHandle[]
  readonly influxdb: readonly ServerHandle[]
  /** Ends all servers; their data stays. Resolves when they are gone. May be called again. */
  stop(): Promise<void>
}

const usualReadyMs = 120_000
const usualGraceMs = 10_000
const pollMs = 100

/**
 * Starts real servers on loopback and resolves when all of them answer. Downloads them on first use. On failure everything that
 * was started is ended, and the error says which server failed and how its log ends. The servers end when this process does.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { brokers = 1, etcdMembers = 1, onProgress = () => {} } = options
  for (const [what, count] of Object.entries({ brokers, etcdMembers })) {
    if (count !== 1 && count !== 3) throw new LogpipeError('settings_invalid', `${what} must be 1 or 3, not ${count}.`)
  }
  const dir = resolve(options.dir)
  await mkdir(dir, { recursive: true })
  const signal = options.signal ?? new AbortController().signal
  const onWait = (): void => onProgress(`another process starts or ends the stack in ${dir}, waiting for it`)
  return await withLock(join(dir, 'stack.lock'), onWait, signal, async () => {
    await endLeftovers(dir, signal)
    const size = { brokers, etcdMembers }
    const layout =
      options.ports === 'free' ? await freeLayout(size) : layoutFrom({ ...usualPorts, ...options.ports }, size)
    const services = options.services ?? usualServices
    const context = { dataFolder: join(dir, 'data'), logFolder: join(dir, 'logs'), onProgress, signal }
    const plans = await planServers(services, layout, options, context)
    return await launch(dir, plans, addressesOf(services, layout, options), { ...options, signal, onProgress })
  })
}

type Plans = Record<Service, ServerPlan[]>

async function planServers(
  services: readonly Service[],
  layout: Layout,
  { heap, security, influxdb: influxdbOptions = {} }: StackOptions,
  context: PlanContext,
): Promise<Plans> {
  const wanted = <T>(service: Service, plan: () => Promise<T>): Promise<T | []> =>
    services.includes(service) ? plan() : Promise.resolve([])
  const [kafka, etcd, elasticsearch, influxdb] = await Promise.all([
    wanted('kafka', () => planKafka(layout.kafka, heap?.kafka ?? '512m', context, security?.kafka)),
    wanted('etcd', () => planEtcd(layout.etcd, context, security?.etcd)),
    wanted('elasticsearch', async () => [
      await planElasticsearch(layout.elasticsearch, heap?.elasticsearch ?? '1g', context),
    ]),
    wanted('influxdb', async () => [await planInfluxdb(layout.influxdb, influxdbOptions, context)]),
  ])
  return { kafka, etcd, elasticsearch, influxdb }
}

function addressesOf(services: readonly Service[], layout: Layout, { security }: StackOptions): StackAddresses {
  const ports = (service: Service): number[] => (services.includes(service) ? clientPorts(layout[service]) : [])
  const etcd = security?.etcd === undefined ? 'http' : 'https'
  return {
    kafka: { brokers: ports('kafka').map((port) => `127.0.0.1:${port}`) },
    etcd: { endpoints: ports('etcd').map((port) => `${etcd}://127.0.0.1:${port}`) },
    elasticsearch: { nodes: ports('elasticsearch').map((port) => `http://127.0.0.1:${port}`) },
    ...(services.includes('influxdb') ? { influxdb: { url: `http://127.0.0.1:${layout.influxdb[0]}` } } : {}),
  }
}

async function launch(
  dir: string,
  plans: Plans,
  addresses: StackAddresses,
  options: StackOptions & { signal: AbortSignal; onProgress: (text: string) => void },
): Promise<Stack> {
  const { outlivesUs = false, readyMs = usualReadyMs, graceMs = usualGraceMs, signal, onProgress } = options
  const failed = new AbortController()
  const starting = AbortSignal.any([signal, failed.signal])
  const owner = outlivesUs ? null : process.pid
  writeState(dir, { ...addresses, ready: false, owner, startedAt: new Date().toISOString(), servers: [] })
  // Noted at once and with every start: a server that a test starts again has another pid.
  const onPid = (record: ServerRecord): void =>
    changeState(dir, ({ servers }) => ({ servers: [...servers.filter(({ name }) => name !== record.name), record] }))
  const make = (plan: ServerPlan): Server => new Server(plan, { outlivesUs, readyMs, signal: starting, onPid })
  const kafka = plans.kafka.map(make)
  const etcd = plans.etcd.map(make)
  const elasticsearch = plans.elasticsearch.map(make)
  const influxdb = plans.influxdb.map(make)
  const servers = [...kafka, ...etcd, ...elasticsearch, ...influxdb]
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop(graceMs)))
    removeState(dir)
  }
  onProgress(`starting ${servers.map((server) => server.name).join(', ')}`)
  try {
    await startAll(servers, failed, onProgress)
    await untilWhole(addresses, readyMs, starting)
  } catch (error) {
    await stop()
    throw error
  }
  changeState(dir, () => ({ ready: true }))
  return { addresses, kafka, etcd, elasticsearch, influxdb, stop }
}

/** Starts all at once, as the members of a cluster need each other; the first that fails stops the wait for the others. */
async function startAll(servers: Server[], failed: AbortController, onProgress: (text: string) => void): Promise<void> {
  const start = async (server: Server): Promise<void> => {
    try {
      await server.start()
      onProgress(`${server.name} is ready`)
    } catch (error) {
      failed.abort(error)
      throw error
    }
  }
  const outcomes = await Promise.allSettled(servers.map(start))
  const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []))
  if (reasons.length === 0) return
  // Those that only stopped waiting because another one failed are not the cause.
  const cause = reasons.find((reason) => !isLogpipeError(reason, 'aborted')) ?? reasons[0]
  throw cause instanceof Error ? cause : new LogpipeError('internal', 'A server could not be started.', { cause })
}

async function untilWhole(addresses: StackAddresses, readyMs: number, signal: AbortSignal): Promise<void> {
  const ports = addresses.kafka.brokers.map((broker) => Number(broker.split(':')[1]))
  const deadline = performance.now() + readyMs
  while (!(await isClusterWhole(ports, AbortSignal.any([signal, AbortSignal.timeout(readyMs)])).catch(() => false))) {
    if (performance.now() > deadline) {
      throw new LogpipeError('server_not_ready', `The brokers did not find each other within ${readyMs / 1000} s.`)
    }
    await sleep(pollMs, signal)
  }
}
