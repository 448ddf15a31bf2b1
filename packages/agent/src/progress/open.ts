import type { AgentSettings } from '@logpipe/config'
import type { Cluster } from '@logpipe/kafka'
import { type Logger, type Metrics, systemClock } from '@logpipe/runtime'
import { ProgressEvents } from './events.ts'
import { ProgressTopic } from './kafka/topic.ts'
import { ProgressPublisher, type ProgressOptions } from './publisher.ts'

/** What writes the agent's progress to Kafka, from `run` until `close`. */
export interface Progress {
  run(signal: AbortSignal): Promise<void>
  /** The last word, when `run` has ended and all that was read is acknowledged; a second at most. */
  close(): Promise<void>
}

/** The agent's progress as its settings want it; undefined where they want none. The cluster stays the caller's. */
export function openProgress(
  { kafka, etcd }: Pick<AgentSettings, 'kafka' | 'etcd'>,
  { agent, files }: Pick<ProgressOptions, 'agent' | 'files'>,
  { cluster, log, metrics }: { cluster: Cluster; log: Logger; metrics: Metrics },
): Progress | undefined {
  const { progressTopic: topic, progressMs: everyMs, replication } = kafka
  if (everyMs === 0) return undefined
  const sink = new ProgressTopic(cluster, topic, replication)
  const events = new ProgressEvents(log, metrics, topic)
  const registers = etcd !== undefined
  const publisher = new ProgressPublisher({ agent, registers, files, sink, events, clock: systemClock, everyMs })
  return {
    run: (signal) => publisher.run(signal),
    close: async () => {
      await publisher.end()
      sink.close()
    },
  }
}
