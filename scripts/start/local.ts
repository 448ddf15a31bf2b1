import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import {
  type StackAddresses,
  changeState,
  existingStack,
  freePorts,
  isAlive,
  isPortFree,
  localFolder,
  startStack,
} from '@logpipe/stack'
import type { StartOptions } from './options.ts'
import { Program } from './program.ts'
import type { Pipeline } from './pipeline.ts'
import { writeSettings } from './settings.ts'

const usualAgentPort = 9600
const usualTransferPort = 9601
const readyMs = 90_000
/** Longer than the programs' own deadlines for an orderly stop, 15 s and 25 s by default. */
const graceMs = 30_000

type Servers = { addresses: StackAddresses; stop: () => Promise<void> }

/** The pipeline as child processes on this machine. A stack that is up already is used, and left up at the end. */
export async function startLocal(options: StartOptions, signal: AbortSignal): Promise<Pipeline> {
  const onProgress = (text: string): void => console.error(`  ${text}`)
  const { dir } = options
  const [agentPort, transferPort] = await programPorts(options)
  console.error('Starting Kafka, etcd and Elasticsearch on this machine')
  const servers = runningServers(dir) ?? (await startStack({ dir, ports: options.ports, onProgress, signal }))
  const programs: Program[] = []
  const stop = async (): Promise<void> => {
    // The agent first: what it has sent by then, the transfer still takes on.
    for (const program of programs.toReversed()) await program.stop(graceMs)
    await servers.stop()
  }
  try {
    const agent = `127.0.0.1:${agentPort}`
    const transfer = `127.0.0.1:${transferPort}`
    const folder = join(dir, 'start')
    const settings = writeSettings({
      folder,
      stackLogs: join(dir, 'logs'),
      addresses: servers.addresses,
      agentListen: agent,
      transferListen: transfer,
      env: process.env,
    })
    console.error('Starting the transfer and the agent')
    const addresses = { logtransfer: `http://${transfer}`, logagent: `http://${agent}` }
    const logtransfer = new Program('logtransfer', settings.transferFile, join(folder, 'logtransfer.log'))
    const logagent = new Program('logagent', settings.agentFile, join(folder, 'logagent.log'))
    programs.push(logtransfer, logagent)
    await Promise.all([
      logtransfer.untilReady(addresses.logtransfer, readyMs, signal),
      logagent.untilReady(addresses.logagent, readyMs, signal),
    ])
    changeState(dir, () => ({ agents: [addresses.logagent], transfers: [addresses.logtransfer] }))
    return {
      addresses: servers.addresses,
      others: [
        ['agent', `${addresses.logagent}  (/metrics /healthz /readyz /files)`],
        ['transfer', `${addresses.logtransfer}  (/metrics /healthz /readyz)`],
        ['own logs', join(folder, 'log*.log')],
        ['settings', join(folder, '*.yaml')],
      ],
      collected: settings.collected,
      usesUsualState: dir === localFolder,
      broken: Promise.race(programs.map((program) => program.ended.then(() => program.failure('ended by itself')))),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Ports for the HTTP endpoints of agent and transfer. Looked at before anything is started, as that takes a while. */
async function programPorts({ dir, ports }: StartOptions): Promise<number[]> {
  refuseSecondStart(dir)
  if (ports === 'free') return await freePorts(2)
  for (const port of [usualAgentPort, usualTransferPort]) {
    if (await isPortFree(port)) continue
    throw new LogpipeError(
      'port_taken',
      `Port ${port} on 127.0.0.1, for the HTTP endpoint of agent or transfer, is taken by another program. ` +
        `End that program (ss -ltnp 'sport = :${port}' names it), or use other ports: npm start -- --free-ports.`,
    )
  }
  return [usualAgentPort, usualTransferPort]
}

function refuseSecondStart(dir: string): void {
  const existing = existingStack(dir)
  const owner = existing?.state.owner ?? 0
  if (!existing || existing.running.length === 0 || owner === 0 || !isAlive(owner)) return
  throw new LogpipeError('port_taken', `logpipe runs here already: process ${owner} started it. Stop that one first.`)
}

/** The servers of `npm run stack -- up`, where they are up and whole. */
function runningServers(dir: string): Servers | undefined {
  const existing = existingStack(dir)
  if (!existing || existing.running.length === 0) return undefined
  const { state, gone } = existing
  if (state.owner !== null || !state.ready || gone.length > 0) return undefined
  console.error('  they are up already (npm run stack -- up) and will be left up')
  return { addresses: state, stop: async () => changeState(dir, () => ({ agents: [], transfers: [] })) }
}
