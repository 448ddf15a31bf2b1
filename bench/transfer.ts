/**
 * Kafka → Elasticsearch by logtransfer, beside the bulk limit: a bare loop that posts bodies of the same documents, prepared
 * before the clock runs, to the same server with the same template. Taken in turn, three rounds (`--quick`: one), after one that
 * warms the server up. What arrived is counted, and documents drawn from all over are compared with their lines.
 */
import { documentId } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { randomName, startTransfer, testServers } from '@logpipe/testkit'
import { accessLine, lineBytes } from './lib/access-log.ts'
import { cpuSeconds } from './lib/cpu.ts'
import { BareClient } from './lib/elasticsearch.ts'
import { benchSource, bulkLines, produceLines } from './lib/records.ts'
import { median, printJson, printTable, rounded } from './lib/report.ts'
import { Scope } from './lib/scope.ts'

const quick = process.argv.includes('--quick')
const documents = quick ? 200_000 : 600_000
const rounds = quick ? 1 : 3
const docsPerBulk = 5_000
const inFlight = 2
const sampled = 500

const { kafkaBrokers, elasticsearchNodes } = testServers()
const elasticsearch = new BareClient(elasticsearchNodes[0] as string)
const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
const signal = AbortSignal.timeout(30 * 60_000)

/** Documents per second of the bare loop, and its CPU seconds per million when it has to make the bodies too. */
async function bareLoop(prepared: boolean): Promise<{ docsPerSec: number; cpuPerMillion: number }> {
  const dataset = randomName('bench_bare')
  const dataStream = `logs-${dataset}-default`
  const body = (from: number): Buffer => {
    const now = new Date().toISOString()
    let text = ''
    for (let i = from; i < Math.min(from + docsPerBulk, documents); i++) text += bulkLines(i, dataStream, dataset, now)
    return Buffer.from(text)
  }
  const starts = Array.from({ length: Math.ceil(documents / docsPerBulk) }, (_, i) => i * docsPerBulk)
  const bodies = prepared ? starts.map(body) : null
  let next = 0
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < starts.length) {
        const turn = next++
        const sent = bodies?.[turn] ?? body(starts[turn] as number)
        const answer = await elasticsearch.request('POST', '/_bulk?filter_path=errors', sent)
        if (!answer.includes('"errors":false')) throw new Error('The bare loop got errors.')
      }
    }),
  )
  const seconds = (performance.now() - startedMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  await verify(dataStream)
  return { docsPerSec: documents / seconds, cpuPerMillion: (user + system) / documents }
}

async function transfer(): Promise<{ docsPerSec: number; cpuPerMillion: number }> {
  const scope = new Scope()
  const topic = randomName('bench_log')
  await cluster.ensureTopic(topic, { partitions: 6, replication: 'auto' }, signal)
  await produceLines(cluster, topic, documents, signal)
  try {
    const daemon = await startTransfer(scope, {
      kafka: { brokers: kafkaBrokers, group: topic, topics: [topic] },
      elasticsearch: { nodes: elasticsearchNodes },
    })
    const accepted = async (): Promise<number> => {
      const text = await (await fetch(`${daemon.url}/metrics`, { signal })).text()
      return Number(/^logtransfer_documents_accepted_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0)
    }
    const until = async (count: number): Promise<number> => {
      for (;;) {
        const now = await accepted()
        if (now >= count) return now
        if (!daemon.running) throw new Error(`The transfer ended.\n${daemon.output}`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    // From the first accepted bulk on: joining the group is not what is measured here.
    const first = await until(1)
    const startedMs = performance.now()
    const cpuBefore = cpuSeconds(daemon.pid as number)
    await until(documents)
    const seconds = (performance.now() - startedMs) / 1_000
    const cpu = cpuSeconds(daemon.pid as number) - cpuBefore
    await daemon.stop()
    await verify(`logs-${topic}-default`)
    return { docsPerSec: (documents - first) / seconds, cpuPerMillion: (cpu / (documents - first)) * 1e6 }
  } finally {
    await scope.close()
    await cluster.deleteTopic(topic, signal)
  }
}

/** Throws unless the data stream holds each document, by count and, for some, by id and content. Deletes it then. */
async function verify(dataStream: string): Promise<void> {
  const found = await elasticsearch.count(dataStream)
  if (found !== documents) throw new Error(`${dataStream} holds ${found} of ${documents} documents.`)
  const lines = Array.from({ length: sampled }, (_, i) => Math.floor((i * documents) / sampled))
  const values = lines.map((line) => documentId(benchSource.id, line * lineBytes))
  const query = JSON.stringify({ size: sampled, query: { ids: { values } }, _source: ['message', 'log.offset'] })
  const answer = JSON.parse((await elasticsearch.request('POST', `/${dataStream}/_search`, query)).toString()) as {
    hits: { hits: { _source: { message: string; log: { offset: number } } }[] }
  }
  const same = answer.hits.hits.filter(
    ({ _source: { message, log } }) => message === accessLine(log.offset / lineBytes),
  )
  if (same.length !== sampled)
    throw new Error(`Of ${sampled} documents in ${dataStream}, ${same.length} are as they should be.`)
  for (const index of await backingIndices(dataStream))
    await elasticsearch.request('DELETE', `/${index}`).catch(() => undefined)
}

async function backingIndices(dataStream: string): Promise<string[]> {
  const text = (
    await elasticsearch.request('GET', `/_cat/indices/.ds-${dataStream}-*?h=index&expand_wildcards=all`)
  ).toString()
  return text.split('\n').filter((name) => name !== '')
}

try {
  const all = { transfer: [], limit: [], stringify: [] } as Record<
    string,
    { docsPerSec: number; cpuPerMillion: number }[]
  >
  console.log('A round to warm up …')
  await bareLoop(true)
  for (let round = 0; round < rounds; round++) {
    console.log(`Round ${round + 1} of ${rounds} …`)
    all['transfer']?.push(await transfer())
    all['limit']?.push(await bareLoop(true))
    all['stringify']?.push(await bareLoop(false))
  }
  const figure = (name: string, of: 'docsPerSec' | 'cpuPerMillion'): number =>
    median((all[name] ?? []).map((round) => round[of]))
  printTable([
    ['Kafka → Elasticsearch', 'documents/s', 'CPU-s per million'],
    ['logtransfer', rounded(figure('transfer', 'docsPerSec')), rounded(figure('transfer', 'cpuPerMillion'))],
    ['bare loop, prepared bodies', rounded(figure('limit', 'docsPerSec')), rounded(figure('limit', 'cpuPerMillion'))],
    [
      'bare loop, JSON.stringify',
      rounded(figure('stringify', 'docsPerSec')),
      rounded(figure('stringify', 'cpuPerMillion')),
    ],
  ])
  printJson({
    plain: {
      docsPerSec: rounded(figure('transfer', 'docsPerSec')),
      vsBulkLimit: rounded(figure('transfer', 'docsPerSec') / figure('limit', 'docsPerSec')),
      cpuPerMillion: rounded(figure('transfer', 'cpuPerMillion')),
      cpuVsBareLoop: rounded(figure('transfer', 'cpuPerMillion') / figure('stringify', 'cpuPerMillion')),
    },
  })
} finally {
  elasticsearch.close()
  await cluster.close()
}
