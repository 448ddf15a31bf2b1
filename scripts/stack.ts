// npm run stack -- up | down | status: Kafka, etcd and Elasticsearch on this machine, by themselves.
import { parseArgs } from 'node:util'
import { type StackAddresses, existingStack, localFolder, startStack, takeDown, usualServices } from '@logpipe/stack'
import { portFlags, portHelp, readNumber, readPorts } from './start/options.ts'
import { runCommand } from './shared/command.ts'
import { stopSignal } from './shared/stop-signal.ts'

const help = `npm run stack -- COMMAND [OPTIONS]

  up       start Kafka, etcd and Elasticsearch in the background and wait until they answer
  down     end them; their data stays in .local/data
  status   say what runs; exit code 0 when all does, 3 when not

  --brokers N             1 or 3 brokers; with 3 topics are replicated three times, two in sync at least
  --etcd N                1 or 3 members
  --influxdb              with InfluxDB 1.x, for metrics
${portHelp}
  --dir FOLDER            where state is kept, .local by default
`
const notRunning = 3
const signal = stopSignal()

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...portFlags,
      help: { type: 'boolean', default: false },
      brokers: { type: 'string' },
      etcd: { type: 'string' },
      influxdb: { type: 'boolean', default: false },
      dir: { type: 'string', default: localFolder },
    },
  })
  const [command, ...rest] = positionals
  if (values.help) {
    console.log(help)
    return 0
  }
  if (rest.length === 0) {
    if (command === 'up') return await up(values)
    if (command === 'down') return await down(values.dir)
    if (command === 'status') return status(values.dir)
  }
  console.error(help)
  return 2
}, signal)

type Flags = Parameters<typeof readPorts>[0] & {
  dir: string
  brokers?: string | undefined
  etcd?: string | undefined
  influxdb: boolean
}

async function up(flags: Flags): Promise<number> {
  const { dir } = flags
  const brokers = readNumber('--brokers', flags.brokers ?? '1', 1, 3)
  const etcdMembers = readNumber('--etcd', flags.etcd ?? '1', 1, 3)
  const existing = existingStack(dir)
  if (existing?.state.ready && existing.running.length > 0 && existing.gone.length === 0) {
    const { kafka, etcd } = existing.state
    const fits =
      (flags.brokers === undefined || kafka.brokers.length === brokers) &&
      (flags.etcd === undefined || etcd.endpoints.length === etcdMembers) &&
      (!flags.influxdb || existing.state.influxdb !== undefined)
    console.log(fits ? 'It is up already.' : 'Another stack is up. Take it down first: npm run stack -- down')
    show(existing.state)
    return fits ? 0 : 1
  }
  const onProgress = (text: string): void => console.error(text)
  const ports = readPorts(flags, process.env)
  const services = [...usualServices, ...(flags.influxdb ? (['influxdb'] as const) : [])]
  const size = { brokers, etcdMembers }
  const { addresses } = await startStack({ dir, services, ...size, ports, outlivesUs: true, onProgress, signal })
  show(addresses)
  return 0
}

async function down(dir: string): Promise<number> {
  const count = await takeDown(dir, signal)
  console.log(count > 0 ? `Ended ${count} ${count === 1 ? 'server' : 'servers'}.` : 'Nothing was up.')
  return 0
}

function status(dir: string): number {
  const existing = existingStack(dir)
  if (!existing) {
    console.log('Nothing is up.')
    return notRunning
  }
  const { state, running, gone } = existing
  for (const { name, pid, log } of running) console.log(`${name}  runs    pid ${pid}  ${log}`)
  for (const { name, log } of gone) console.log(`${name}  ended   ${log}`)
  show(state)
  if (gone.length > 0) console.log('Start it again: npm run stack -- up')
  return gone.length === 0 && state.ready ? 0 : notRunning
}

function show({ kafka, etcd, elasticsearch, influxdb }: StackAddresses): void {
  console.log(`Kafka          ${kafka.brokers.join(' ')}`)
  console.log(`etcd           ${etcd.endpoints.join(' ')}`)
  console.log(`Elasticsearch  ${elasticsearch.nodes.join(' ')}`)
  if (influxdb) console.log(`InfluxDB       ${influxdb.url}`)
}
