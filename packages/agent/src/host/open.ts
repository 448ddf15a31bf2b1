import type { AgentSettings, HostCollectorName, HostMetrics } from '@logpipe/config'
import type { Cluster } from '@logpipe/kafka'
import { type Logger, type Metrics, systemClock } from '@logpipe/runtime'
import { GlobPattern } from '../discover/glob-pattern.ts'
import { agentCollector, type AgentLoad } from './agent.ts'
import { Collection } from './collection.ts'
import type { Collector } from './collector.ts'
import { cpuCollector } from './cpu.ts'
import { diskCollector } from './disk.ts'
import { HostEvents } from './events.ts'
import { filesystemCollector } from './filesystem.ts'
import { showHost } from './gauges.ts'
import { PointTopic } from './kafka/topic.ts'
import { loadCollector } from './load.ts'
import { memoryCollector } from './memory.ts'
import { networkCollector } from './network.ts'
import type { Measured } from './points.ts'
import { processesCollector } from './processes.ts'
import { PointPublisher } from './publisher.ts'

/** What writes host metrics to Kafka, from `run` until `close`. */
export interface HostRecords {
  run(signal: AbortSignal): Promise<void>
  /** When `run` has ended. */
  close(): void
}

/**
 * Shows the host under the metrics, as the settings want it, and opens what writes it down; undefined where nothing is written. Throws `settings_invalid`
 * where a glob cannot be used. The cluster stays the caller's.
 */
export function openHostMetrics(
  { hostMetrics, kafka }: Pick<AgentSettings, 'hostMetrics' | 'kafka'>,
  measured: Measured,
  agent: AgentLoad,
  { cluster, log, metrics }: { cluster: Cluster; log: Logger; metrics: Metrics },
): HostRecords | undefined {
  const { enabled, topic, everyMs } = hostMetrics
  if (!enabled) return undefined
  const collectors = collectorsOf(hostMetrics, agent)
  const events = new HostEvents(log, metrics, topic)
  const collection = new Collection(collectors, systemClock, events)
  showHost(metrics, collection, collectors)
  if (topic === undefined) return undefined
  const { partitions, replication } = kafka
  const sink = new PointTopic(cluster, topic, { partitions, replication }, everyMs)
  const publisher = new PointPublisher({ agent: measured, collection, sink, events, clock: systemClock, everyMs })
  return { run: (signal) => publisher.run(signal), close: () => sink.close() }
}

/** The collectors that the settings name. */
export function collectorsOf(
  { collectors, exclude }: Pick<HostMetrics, 'collectors' | 'exclude'>,
  agent: AgentLoad,
  procDir = '/proc',
): Collector[] {
  const excluded = Object.fromEntries(
    Object.entries(exclude).map(([what, globs]) => [what, globs.map((glob) => new GlobPattern(glob))]),
  ) as Record<keyof typeof exclude, GlobPattern[]>
  const isOut = (what: keyof typeof exclude, name: string): boolean => excluded[what].some((glob) => glob.matches(name))
  const make: Record<HostCollectorName, () => Collector> = {
    cpu: () => cpuCollector(procDir),
    load: () => loadCollector(procDir),
    memory: () => memoryCollector(procDir),
    filesystem: () =>
      filesystemCollector(procDir, ({ mount, type }) => !isOut('filesystems', type) && !isOut('mounts', mount)),
    disk: () => diskCollector(procDir, (device) => !isOut('devices', device)),
    network: () => networkCollector(procDir, (name) => !isOut('interfaces', name)),
    processes: () => processesCollector(procDir),
    agent: () => agentCollector(procDir, agent),
  }
  return [...new Set(collectors)].map((name) => make[name]())
}
