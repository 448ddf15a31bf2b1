/**
 * File → Kafka by logagent, as a user runs it: registry, idempotence and acks=all on. One large file appears in the folder; the
 * clock runs from that moment until the broker holds all its lines. Then every line is read back and compared.
 * Three rounds, the kinds taken in turn, after one that is not counted: a broker that has just started is half as fast.
 * `--quick`: 1 million lines; otherwise 4.75 million (1 GiB).
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, type Compression } from '@logpipe/kafka'
import { randomName, startAgent, testServers } from '@logpipe/testkit'
import { lineBytes, writeAccessLog } from './lib/access-log.ts'
import { cpuSeconds, residentMiB } from './lib/cpu.ts'
import { median, printJson, printTable, rounded } from './lib/report.ts'
import { countRecords, verifyTopic } from './lib/verify-topic.ts'
import { Scope } from './lib/scope.ts'

interface Round {
  linesPerSec: number
  cpuPerMillion: number
  rssMiB: number
}

const quick = process.argv.includes('--quick')
const lines = quick ? 1_000_000 : Math.floor(2 ** 30 / lineBytes)
const rounds = 3
const kinds: Record<string, Compression> = { plain: 'none', zstd: 'zstd' }
const { kafkaBrokers } = testServers()
const signal = AbortSignal.timeout(30 * 60_000)

async function run(cluster: Cluster, folder: string, prepared: string, compression: Compression): Promise<Round> {
  const scope = new Scope()
  const topic = randomName('bench_log')
  const path = join(folder, `${topic}.log`)
  try {
    await cluster.ensureTopic(topic, { partitions: 6, replication: 'auto' }, signal)
    const agent = await startAgent(scope, {
      kafka: { brokers: kafkaBrokers },
      entries: [{ path, topic, compression, partition: 'roundrobin' }],
      discover: { pollMs: 100 },
    })
    const pid = agent.pid as number
    const cpuBefore = cpuSeconds(pid)
    const startedMs = performance.now()
    renameSync(prepared, path)
    while ((await countRecords(cluster, topic, signal)) < lines) {
      if (!agent.running) throw new Error(`The agent ended.\n${agent.output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const seconds = (performance.now() - startedMs) / 1_000
    const cpu = cpuSeconds(pid) - cpuBefore
    const rssMiB = residentMiB(pid)
    await agent.stop()
    await verifyTopic(cluster, topic, path, signal)
    return { linesPerSec: lines / seconds, cpuPerMillion: (cpu / lines) * 1e6, rssMiB }
  } finally {
    await scope.close()
    renameSync(path, prepared)
    await cluster.deleteTopic(topic, signal)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'logpipe-bench-'))
const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
try {
  const prepared = join(folder, 'prepared')
  console.log(`Writing ${lines.toLocaleString('en')} lines of ${lineBytes} bytes …`)
  await writeAccessLog(prepared, lines)
  console.log('A round to warm up …')
  await run(cluster, folder, prepared, 'none')
  const results: Record<string, Round[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [kind, compression] of Object.entries(kinds)) {
      console.log(`Round ${round + 1} of ${rounds}: ${kind} …`)
      ;(results[kind] ??= []).push(await run(cluster, folder, prepared, compression))
    }
  }
  const summary = Object.fromEntries(
    Object.entries(results).map(([kind, all]) => [
      kind,
      {
        linesPerSec: rounded(median(all.map(({ linesPerSec }) => linesPerSec))),
        cpuPerMillion: rounded(median(all.map(({ cpuPerMillion }) => cpuPerMillion))),
        rssMiB: rounded(median(all.map(({ rssMiB }) => rssMiB))),
      },
    ]),
  )
  printTable([
    ['logagent', 'lines/s', 'CPU-s per million', 'MiB/s of lines', 'memory MiB'],
    ...Object.entries(summary).map(([kind, { linesPerSec, cpuPerMillion, rssMiB }]) => [
      kind,
      linesPerSec,
      cpuPerMillion,
      rounded((linesPerSec * lineBytes) / 2 ** 20),
      rssMiB,
    ]),
  ])
  console.log('Every line was read back from Kafka and compared with the file: each is there once.')
  printJson(summary)
} finally {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
}
