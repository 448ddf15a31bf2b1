import { randomName, startTransfer } from '@logpipe/testkit'
import { makeGroup } from '../lib/fresh-group.ts'
import { Scope } from '../lib/scope.ts'
import { clockWork } from './clock.ts'
import { type Lab, type Round, streamOf } from './lab.ts'
import { verifyDocuments } from './verify.ts'

/** Takes the lines apart as users do it. */
export const nginxPipeline = { pipelines: { nginx: { processors: [{ accessLog: { format: 'nginx' } }] } } }

/**
 * A round of logtransfer as a user runs it, with its default settings: group, commits, suspects and dead letters on. `isParsed`: its
 * lines go through the nginx pipeline. Then every document is accounted for.
 */
export async function transferRound(lab: Lab, isParsed: boolean): Promise<Round> {
  const { cluster, brokers, elasticsearch, node, topic, documents, signal } = lab
  const dataset = randomName('bench_log')
  const stream = streamOf(dataset)
  const scope = new Scope()
  await makeGroup(cluster, dataset, topic, signal)
  await elasticsearch.settle(10_000, signal)
  try {
    const daemon = await startTransfer(scope, {
      kafka: { brokers, group: dataset, topics: [topic] },
      elasticsearch: { nodes: [node] },
      routes: [{ topics: [topic], dataset, ...(isParsed ? { pipeline: 'nginx' } : {}) }],
      ...(isParsed ? nginxPipeline : {}),
    })
    const { pid } = daemon
    if (pid === undefined) throw new Error(`logtransfer ended.\n${daemon.output}`)
    const work = {
      total: documents,
      count: () => elasticsearch.indexed(stream),
      pids: [pid],
      lastWords: () => (daemon.running ? null : `logtransfer said last:\n${daemon.output}`),
    }
    const round = await clockWork(work, signal)
    await daemon.stop()
    await verifyDocuments(lab, stream, isParsed)
    return round
  } finally {
    await scope.close()
    await elasticsearch.discard(stream)
  }
}
