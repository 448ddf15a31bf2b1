import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { fetchJars } from './jars.ts'
import { type Java, findJava, javaFlags } from './java.ts'
import { listBrokerIds } from './kafka-probe.ts'
import { plainParts, type SecurityParts, securityParts } from './kafka-security.ts'
import { runProgram } from './program.ts'
import type { ServerPlan } from './server.ts'
import type { PlanContext } from './plan.ts'
import type { KafkaSecurity } from './security.ts'

const oldestJava = 17

interface Broker {
  id: number
  port: number
  controllerPort: number
  folder: string
}

/** Plans Kafka brokers in KRaft mode, each also a controller, and formats the storage of those that are new. */
export async function planKafka(
  ports: number[],
  heap: string,
  context: PlanContext,
  security?: KafkaSecurity,
): Promise<ServerPlan[]> {
  const java = await findJava(oldestJava, 'Kafka')
  const jars = await fetchJars('kafka', context)
  const count = ports.length / 2
  const brokers = Array.from({ length: count }, (_, index): Broker => {
    const [port, controllerPort] = [ports[2 * index], ports[2 * index + 1]]
    if (port === undefined || controllerPort === undefined) throw new RangeError('A broker needs two ports.')
    return { id: index + 1, port, controllerPort, folder: join(context.dataFolder, `kafka-${index + 1}of${count}`) }
  })
  const clusterId = await findClusterId(brokers)
  if (security !== undefined && count > 1) throw new RangeError('Only one broker can be given secure listeners.')
  await Promise.all(brokers.map((broker) => format(broker, brokers, clusterId, { java, jars, context, security })))
  return brokers.map((broker): ServerPlan => {
    const flags = [...javaFlags(heap, temporaryFolder(broker)), '-XX:+UseG1GC']
    return {
      name: `kafka-${broker.id}`,
      program: java.program,
      args: [...flags, '-cp', `${jars}/lib/*`, 'kafka.Kafka', propertiesFile(broker)],
      env: process.env,
      cwd: broker.folder,
      logFile: join(context.logFolder, `kafka-${broker.id}.log`),
      ports: [
        { port: broker.port, use: 'Kafka' },
        { port: broker.controllerPort, use: 'Kafka controller' },
      ],
      isReady: async (signal) => (await listBrokerIds(broker.port, signal)).includes(broker.id),
    }
  })
}

/** Resolves to true once each of the brokers knows all of them. */
export async function isClusterWhole(ports: number[], signal: AbortSignal): Promise<boolean> {
  const known = await Promise.all(ports.map((port) => listBrokerIds(port, signal)))
  return known.every((ids) => ids.length === ports.length)
}

function temporaryFolder(broker: Broker): string {
  return join(broker.folder, 'tmp')
}

function propertiesFile(broker: Broker): string {
  return join(broker.folder, 'server.properties')
}

function properties(broker: Broker, brokers: Broker[], secure: SecurityParts): string {
  const replication = Math.min(3, brokers.length)
  const inSync = Math.max(1, replication - 1)
  const clients = [`PLAINTEXT://127.0.0.1:${broker.port}`, ...secure.listeners]
  return `process.roles=broker,controller
node.id=${broker.id}
controller.quorum.voters=${brokers.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',')}
listeners=${[...clients, `CONTROLLER://127.0.0.1:${broker.controllerPort}`].join(',')}
advertised.listeners=${clients.join(',')}
controller.listener.names=CONTROLLER
listener.security.protocol.map=${['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...secure.protocols].join(',')}
inter.broker.listener.name=PLAINTEXT
log.dirs=${join(broker.folder, 'log')}
default.replication.factor=${replication}
min.insync.replicas=${inSync}
offsets.topic.replication.factor=${replication}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=${replication}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=${replication}
share.coordinator.state.topic.min.isr=${inSync}
share.coordinator.state.topic.num.partitions=4
# Topics are made by those who need them, with the partitions they need.
auto.create.topics.enable=false
# A group of one or two members need not wait for more of them.
group.initial.rebalance.delay.ms=0
# A broker that was killed is noticed, and let in again when it is back, in seconds.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.segment.bytes=268435456
log.retention.bytes=4294967296
${secure.properties}`
}

async function findClusterId(brokers: Broker[]): Promise<string> {
  for (const broker of brokers) {
    const meta = await readFile(join(broker.folder, 'log/meta.properties'), 'utf8').catch(() => '')
    const id = /^cluster\.id=(.+)$/m.exec(meta)?.[1]
    if (id && existsSync(formattedMark(broker))) return id.trim()
  }
  // Kafka refuses ids that start with a hyphen.
  return `L${randomBytes(16).toString('base64url').slice(1)}`
}

/** Written after the format tool has ended well: storage without it is thrown away and made anew. */
function formattedMark(broker: Broker): string {
  return join(broker.folder, 'formatted')
}

interface FormatTools {
  java: Java
  jars: string
  context: PlanContext
  security: KafkaSecurity | undefined
}

async function format(
  broker: Broker,
  brokers: Broker[],
  clusterId: string,
  { java, jars, context, security }: FormatTools,
): Promise<void> {
  await mkdir(temporaryFolder(broker), { recursive: true })
  const secure = security === undefined ? plainParts : await securityParts(security, join(broker.folder, 'tls'))
  await writeFile(propertiesFile(broker), properties(broker, brokers, secure), { mode: 0o600 })
  if (existsSync(formattedMark(broker))) return
  await rm(join(broker.folder, 'log'), { recursive: true, force: true })
  const tool = [
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${jars}/lib/*`,
    'kafka.tools.StorageTool',
  ]
  const args = [...tool, 'format', '-t', clusterId, '-c', propertiesFile(broker), ...secure.formatArgs]
  const { code, output } = await runProgram(java.program, args, { signal: context.signal })
  if (code !== 0) {
    throw new LogpipeError('server_not_ready', `Kafka's storage in ${broker.folder} could not be formatted:\n${output}`)
  }
  await writeFile(formattedMark(broker), '')
}
