import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildKey } from '@logpipe/config'
import { TopicReader, type ReadPartition } from '@logpipe/kafka'
import { sleep } from '@logpipe/runtime'
import { randomName, startAgent } from '@logpipe/testkit'
import { median } from '../lib/report.ts'
import { Scope } from '../lib/scope.ts'
import type { Lab } from './lab.ts'

export interface PutFigures {
  p50Ms: number
  p99Ms: number
  maxMs: number
}

const ip = '10.90.0.1'
/** No line may take longer. */
const deadlineMs = 20_000

/** How long it takes from an edit of a host's entries until the first line of the file that it adds is in Kafka, over so many edits. */
export async function putToFirstLine(lab: Lab, edits: number): Promise<PutFigures> {
  const { cluster, brokers, endpoints, prefix, store, folder, signal } = lab
  const scope = new Scope()
  const topic = randomName('bench_log')
  try {
    await cluster.ensureTopic(topic, { partitions: 1, replication: 'auto' }, signal)
    await startAgent(scope, { kafka: { brokers }, etcd: { endpoints, prefix }, ip, id: 'bench' })
    const lines = new Lines(new TopicReader(cluster).open(topic, 0, 0))
    const key = buildKey(prefix, { kind: 'host', ip })
    const entries: unknown[] = []
    const taken: number[] = []
    for (let edit = 0; edit < edits; edit++) {
      const path = join(folder, `file-${edit}.log`)
      writeFileSync(path, `line of file ${edit}\n`)
      entries.push({ id: `file-${edit}`, path, topic })
      const value = JSON.stringify(entries)
      // Any moment of the second between two looks of the agent.
      await sleep((edit * 370) % 1_000, signal)
      const put = performance.now()
      await store.put(key, value)
      await lines.until(edit + 1, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]))
      taken.push(performance.now() - put)
    }
    lines.verify(edits)
    const sorted = taken.toSorted((a, b) => a - b)
    const at = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? Infinity
    return { p50Ms: median(taken), p99Ms: at(0.99), maxMs: at(1) }
  } finally {
    await scope.close()
    await cluster.deleteTopic(topic, AbortSignal.timeout(30_000))
  }
}

/** What has come into the one partition of a topic, in order. */
class Lines {
  readonly #partition: ReadPartition
  readonly #values: string[] = []

  constructor(partition: ReadPartition) {
    this.#partition = partition
  }

  async until(count: number, signal: AbortSignal): Promise<void> {
    while (this.#values.length < count) {
      for (const batch of await this.#partition.fetch(signal)) {
        const cursor = await batch.open()
        while (cursor.next()) this.#values.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
      }
    }
  }

  /** Throws where it is not the one line of each file, in the order of the edits. */
  verify(count: number): void {
    const wanted = Array.from({ length: count }, (_, edit) => `line of file ${edit}`)
    const isSame = this.#values.length === count && this.#values.every((value, edit) => value === wanted[edit])
    if (!isSame) throw new Error(`The topic holds ${this.#values.length} lines: ${this.#values.slice(-5).join(', ')}.`)
  }
}
