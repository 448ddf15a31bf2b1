import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { LogpipeError } from '@logpipe/runtime'
import { type StackAddresses, checkout, localFolder, removeState, usualPorts, writeState } from '@logpipe/stack'
import type { Pipeline } from './pipeline.ts'

const probeMs = 5_000
/** Pulling and building on the first start is not counted: `--wait-timeout` starts with the containers. */
const waitSeconds = 300

/** Whether a Docker engine answers and its client knows `compose`. */
export function dockerAnswers(): boolean {
  const succeeds = (args: string[]): boolean =>
    spawnSync('docker', args, { stdio: 'ignore', timeout: probeMs }).status === 0
  return succeeds(['info']) && succeeds(['compose', 'version'])
}

/** The pipeline of docker-compose.yml. Resolves when every container is healthy. */
export async function startDocker(signal: AbortSignal): Promise<Pipeline> {
  console.error('Starting the containers of docker-compose.yml (the first time this pulls and builds images)')
  const stop = async (): Promise<void> => {
    await compose(['down'], new AbortController().signal)
    removeState(localFolder)
  }
  const up = ['up', '--detach', '--build', '--wait', '--wait-timeout', String(waitSeconds)]
  if (!(await compose(up, signal))) {
    await compose(['logs', '--tail', '20'], signal)
    await stop()
    throw new LogpipeError('server_not_ready', 'The containers did not come up; what they log stands above.')
  }
  const addresses: StackAddresses = {
    kafka: { brokers: [`127.0.0.1:${usualPorts.kafka}`] },
    etcd: { endpoints: [`http://127.0.0.1:${usualPorts.etcd}`] },
    elasticsearch: { nodes: [`http://127.0.0.1:${usualPorts.elasticsearch}`] },
  }
  // For logctl; no process of ours is behind it.
  writeState(localFolder, {
    ...addresses,
    ready: true,
    owner: null,
    startedAt: new Date().toISOString(),
    servers: [],
    agents: ['http://127.0.0.1:9600'],
    transfers: ['http://127.0.0.1:9601'],
  })
  return {
    addresses,
    others: [
      ['Kibana', 'http://127.0.0.1:5601'],
      ['InfluxDB', `http://127.0.0.1:${usualPorts.influxdb}`],
      ['agent', 'http://127.0.0.1:9600  (/metrics /healthz /readyz /files)'],
      ['transfer', 'http://127.0.0.1:9601  (/metrics /healthz /readyz)'],
      ['own logs', 'docker compose logs agent transfer'],
    ],
    collected: [
      { what: "this machine's logs", path: '/var/log/**/*.log', topic: 'system_log' },
      { what: "npm's logs", path: '~/.npm/_logs/*.log', topic: 'npm_log' },
    ],
    usesUsualState: true,
    broken: new Promise(() => {}),
    stop,
  }
}

/** Runs docker compose with our terminal; resolves to whether it ended well. */
async function compose(args: string[], signal: AbortSignal): Promise<boolean> {
  const child = spawn('docker', ['compose', ...args], { cwd: checkout, stdio: ['ignore', 2, 2], signal })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}
