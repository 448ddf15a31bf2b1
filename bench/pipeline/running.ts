import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster } from '@logpipe/kafka'
import { sleep } from '@logpipe/runtime'
import { type Daemon, randomName, startAgent, startTransfer } from '@logpipe/testkit'
import { lineBytes } from '../lib/access-log.ts'
import type { BareClient } from '../lib/elasticsearch.ts'
import { Scope } from '../lib/scope.ts'
import { partitions, streamOf } from '../transfer/lab.ts'
import { PacedWriter } from './writer.ts'

/** Where the pipeline runs. */
export interface Place {
  readonly cluster: Cluster
  readonly brokers: readonly string[]
  readonly elasticsearch: BareClient
  readonly node: string
  readonly folder: string
  readonly signal: AbortSignal
}

/** Files that are collected, agent, topic, transfer and data stream, all under way and warm. */
export interface Pipeline {
  readonly place: Place
  readonly writer: PacedWriter
  readonly agent: Daemon
  readonly transfer: Daemon
  readonly stream: string
  /** Throws its last words where one of the two has ended. */
  check(): void
}

const files = 4
const warmUpSeconds = 5
/** Without a further document for so long, nothing more is to come. */
const stuckMs = 60_000
const deleteMs = 30_000

/**
 * Runs `use` on a pipeline of its own, with the default settings of both programs. Afterwards every line that was written must be in
 * the data stream, once; then all of it is removed.
 */
export async function withPipeline<T>(
  place: Place,
  warmUpLinesPerSec: number,
  use: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  const { cluster, brokers, elasticsearch, node, signal } = place
  const scope = new Scope()
  const topic = randomName('bench_log')
  const stream = streamOf(topic)
  const watched = mkdtempSync(join(place.folder, 'in-'))
  scope.after(() => rmSync(watched, { recursive: true, force: true }))
  try {
    await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, signal)
    const transfer = await startTransfer(scope, {
      kafka: { brokers, group: topic, topics: [topic] },
      elasticsearch: { nodes: [node] },
    })
    const agent = await startAgent(scope, {
      kafka: { brokers },
      entries: [{ path: join(watched, '*.log'), topic, id: 'bench' }],
    })
    const check = (): void => {
      for (const daemon of [agent, transfer])
        if (!daemon.running) throw new Error(`${daemon.name} ended. It said last:\n${daemon.output}`)
    }
    const writer = new PacedWriter(watched, files)
    scope.after(() => writer.close())
    const pipeline = { place, writer, agent, transfer, stream, check }
    await writer.run({ linesPerSec: warmUpLinesPerSec, seconds: warmUpSeconds }, signal)
    await untilIndexed(pipeline)
    const result = await use(pipeline)
    await untilIndexed(pipeline)
    await verify(pipeline)
    return result
  } finally {
    await scope.close()
    await elasticsearch.discard(stream)
    await cluster.deleteTopic(topic, AbortSignal.timeout(deleteMs))
  }
}

async function untilIndexed({ place, writer, stream, check }: Pipeline): Promise<void> {
  const { elasticsearch, signal } = place
  let last = -1
  let grewMs = performance.now()
  for (;;) {
    check()
    const indexed = await elasticsearch.indexed(stream)
    if (indexed >= writer.written) return
    if (indexed > last) grewMs = performance.now()
    last = indexed
    if (performance.now() - grewMs > stuckMs)
      throw new Error(`${indexed} of ${writer.written} lines were indexed, and none for ${stuckMs / 1_000} s.`)
    await sleep(100, signal)
  }
}

/** Throws a sentence unless each line of each file has one document: by count, and by the extremes and the sum of the offsets. */
async function verify({ place, writer, stream }: Pipeline): Promise<void> {
  const { elasticsearch } = place
  const found = await elasticsearch.count(stream)
  if (found !== writer.written) throw new Error(`${stream} holds ${found} documents for ${writer.written} lines.`)
  const aggs = { files: { terms: { field: 'log.file.path' }, aggs: { offsets: { stats: { field: 'log.offset' } } } } }
  const answer = await elasticsearch.request('POST', `/${stream}/_search`, JSON.stringify({ size: 0, aggs }))
  const { buckets } = (JSON.parse(answer.toString()) as { aggregations: { files: { buckets: Bucket[] } } }).aggregations
    .files
  for (const [path, lines] of writer.lines) {
    const offsets = buckets.find(({ key }) => key === path)?.offsets
    const last = (lines - 1) * lineBytes
    if (offsets?.count !== lines || offsets.min !== 0 || offsets.max !== last || offsets.sum !== (last / 2) * lines)
      throw new Error(`The documents of ${path} are not one of each of its ${lines} lines: ${JSON.stringify(offsets)}.`)
  }
}

interface Bucket {
  key: string
  offsets: { count: number; min: number; max: number; sum: number }
}
