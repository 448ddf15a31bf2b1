import { readdir } from 'node:fs/promises'
import { type Collector, single } from './collector.ts'

/** What is told of the agent beside what every process has. */
export interface AgentLoad {
  readonly openFiles: number
  readonly lagBytes: number
  readonly delivery: { readonly inFlightBytes: number }
}

/** The agent itself; Prometheus knows it by `process_*`, `nodejs_*` and the agent's own metrics. */
export function agentCollector(procDir: string, agent: AgentLoad): Collector {
  return {
    name: 'agent',
    labels: [],
    recordsOnly: true,
    measures: [
      single('agent_cpu_seconds_total', 'CPU time of the agent.', 'cpu_seconds', true),
      single('agent_resident_bytes', 'Memory of the agent.', 'resident_bytes'),
      single('agent_heap_bytes', 'Heap of the agent.', 'heap_bytes'),
      single('agent_uptime_seconds', 'Time since the agent started.', 'uptime_seconds', true),
      single('agent_handles', 'File descriptors of the agent.', 'handles'),
      single('agent_open_files', 'Files held open.', 'open_files'),
      single('agent_lag_bytes', 'Bytes that Kafka has not acknowledged.', 'lag_bytes'),
      single('agent_in_flight_bytes', 'Buffers of batches not yet acknowledged.', 'in_flight_bytes'),
    ],
    collect: async () => {
      const { user, system } = process.cpuUsage()
      const { rss, heapUsed } = process.memoryUsage()
      const values = {
        cpu_seconds: (user + system) / 1e6,
        resident_bytes: rss,
        heap_bytes: heapUsed,
        uptime_seconds: process.uptime(),
        handles: (await readdir(`${procDir}/self/fd`)).length,
        open_files: agent.openFiles,
        lag_bytes: agent.lagBytes,
        in_flight_bytes: agent.delivery.inFlightBytes,
      }
      return [{ tags: {}, values }]
    },
  }
}
