/**
 * Kafka clients against one another: the same messages produced with acks=all, no compression, counted at the broker. Each client
 * runs in a process of its own, in turn, three rounds (`--quick`: one). The figures of docs/adr/0001 come from here.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Cluster } from '@logpipe/kafka'
import { randomName, testServers } from '@logpipe/testkit'
import { type Produce, messageBytes } from './clients/message.ts'
import { median, printJson, printTable, rounded } from './lib/report.ts'
import { countRecords } from './lib/verify-topic.ts'

const partitions = 6
const quick = process.argv.includes('--quick')
const rounds = quick ? 1 : 3
/** Enough for some seconds of each. */
const counts: Record<string, number> = { kafkajs: 400_000, platformatic: 1_000_000, ours: 3_000_000 }

interface Figures {
  messagesPerSec: number
  cpuPerMillion: number
}

const { kafkaBrokers } = testServers()
const client = process.argv.find((arg) => arg.startsWith('--client='))?.slice('--client='.length)
if (client === undefined) await compare()
else await runClient(client, process.argv.at(-1) as string)

/** In the child process: produces and prints its figures. */
async function runClient(name: string, topic: string): Promise<void> {
  const { produce } = (await import(`./clients/${name}.ts`)) as { produce: Produce }
  const count = counts[name] as number
  const startedMs = performance.now()
  const before = process.cpuUsage()
  await produce(kafkaBrokers, topic, partitions, count)
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - startedMs) / 1_000
  const figures: Figures = { messagesPerSec: count / seconds, cpuPerMillion: (user + system) / count }
  console.log(JSON.stringify(figures))
}

async function compare(): Promise<void> {
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
  const signal = AbortSignal.timeout(20 * 60_000)
  const results: Record<string, Figures[]> = {}
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, count] of Object.entries(counts)) {
        const topic = randomName('bench')
        await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, signal)
        ;(results[name] ??= []).push(runInChild(name, topic))
        const found = await countRecords(cluster, topic, signal)
        if (found !== count) throw new Error(`${name} sent ${count} messages; the broker holds ${found}.`)
        await cluster.deleteTopic(topic, signal)
      }
    }
  } finally {
    await cluster.close()
  }
  const summary = Object.fromEntries(
    Object.entries(results).map(([name, all]) => [
      name,
      {
        messagesPerSec: rounded(median(all.map(({ messagesPerSec }) => messagesPerSec))),
        cpuPerMillion: rounded(median(all.map(({ cpuPerMillion }) => cpuPerMillion))),
      },
    ]),
  )
  printTable([
    [`producing, ${messageBytes} bytes`, 'messages/s', 'CPU-s per million'],
    ...Object.entries(summary).map(([name, figures]) => [name, figures.messagesPerSec, figures.cpuPerMillion]),
  ])
  printJson(summary)
}

function runInChild(name: string, topic: string): Figures {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), `--client=${name}`, topic]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`${name} failed: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figures
}
