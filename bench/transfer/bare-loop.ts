import process from 'node:process'
import { randomName } from '@logpipe/testkit'
import { bulkLines } from '../lib/records.ts'
import { clockWork } from './clock.ts'
import { type Lab, type Round, docsPerBulk, inFlight, streamOf } from './lab.ts'
import { verifyDocuments } from './verify.ts'

/**
 * The bulk limit: posts bodies of the same documents (ids, target, fields) to the same server. `prepared`: they are made before the clock
 * runs, so that the server and the socket are all there is to it; else made as they are sent, by JSON.stringify.
 */
export async function bareRound(lab: Lab, prepared: boolean): Promise<Round> {
  const { elasticsearch, documents, signal } = lab
  const dataset = randomName('bench_bare')
  const stream = streamOf(dataset)
  const starts = Array.from({ length: Math.ceil(documents / docsPerBulk) }, (_, i) => i * docsPerBulk)
  const body = (from: number): Buffer => {
    const now = new Date().toISOString()
    let text = ''
    for (let i = from; i < Math.min(from + docsPerBulk, documents); i++) text += bulkLines(i, stream, dataset, now)
    return Buffer.from(text)
  }
  const bodies = prepared ? starts.map(body) : null
  await elasticsearch.settle(10_000, signal)
  let next = 0
  const send = async (): Promise<void> => {
    while (next < starts.length) {
      signal.throwIfAborted()
      const turn = next++
      await elasticsearch.bulk(bodies?.[turn] ?? body(starts[turn] as number))
    }
  }
  const work = { total: documents, count: () => elasticsearch.indexed(stream), pids: [process.pid] }
  const [round] = await Promise.all([clockWork(work, signal), ...Array.from({ length: inFlight }, send)])
  await verifyDocuments(lab, stream)
  await elasticsearch.discard(stream)
  return round
}
