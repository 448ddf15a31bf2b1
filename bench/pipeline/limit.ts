import { epochText } from '@logpipe/config'
import { sleep } from '@logpipe/runtime'
import { randomName } from '@logpipe/testkit'
import { bulkLines } from '../lib/records.ts'
import { docsPerBulk, inFlight, streamOf } from '../transfer/lab.ts'
import type { Place } from './running.ts'

/** Bodies that are sent by turns, each time with ids of the next epoch. */
const bodyCount = 20
const idKey = '"_id":"'

interface Body {
  readonly bytes: Buffer
  /** Where the ids stand in it, each with its epoch in front. */
  readonly ids: readonly number[]
  /** How often it was sent. */
  turns: number
}

/**
 * The bulk limit as it lasts: documents a second of a bare loop of prepared bodies over the second half of `seconds`. What is sent first is indexed faster than
 * anything later, since segments have to be merged only once there are many. All documents of one file, their ids nearly in order. Throws where they do not all stand in the index.
 */
export async function lastingLimit({ elasticsearch, signal }: Place, seconds: number): Promise<number> {
  const dataset = randomName('bench_bare')
  const stream = streamOf(dataset)
  const bodies = Array.from({ length: bodyCount }, (_, index) => prepare(index, stream, dataset))
  await elasticsearch.settle(10_000, signal)
  const beganMs = performance.now()
  let [accepted, acceptedBefore, halfMs] = [0, 0, 0]
  const send = async (own: readonly Body[]): Promise<void> => {
    for (let turn = 0; performance.now() - beganMs < seconds * 1_000; turn++) {
      signal.throwIfAborted()
      const body = own[turn % own.length] as Body
      const epoch = epochText(++body.turns)
      for (const at of body.ids) body.bytes.write(epoch, at, 'latin1')
      await elasticsearch.bulk(body.bytes)
      accepted += docsPerBulk
      if (halfMs === 0 && performance.now() - beganMs >= seconds * 500) {
        halfMs = performance.now()
        acceptedBefore = accepted
      }
    }
  }
  // Each sends bodies of its own: one that is under way must not be changed.
  const shares = Array.from({ length: inFlight }, (_, share) => bodies.filter((_body, i) => i % inFlight === share))
  await Promise.all(shares.map(send))
  const perSec = (accepted - acceptedBefore) / ((performance.now() - halfMs) / 1_000)
  while ((await elasticsearch.indexed(stream)) < accepted) await sleep(100, signal)
  const found = await elasticsearch.count(stream)
  if (found !== accepted) throw new Error(`${stream} holds ${found} of ${accepted} documents.`)
  await elasticsearch.discard(stream)
  return perSec
}

function prepare(index: number, stream: string, dataset: string): Body {
  const now = new Date().toISOString()
  const ids: number[] = []
  let text = ''
  for (let line = index * docsPerBulk; line < (index + 1) * docsPerBulk; line++) {
    const lines = bulkLines(line, stream, dataset, now)
    ids.push(text.length + lines.indexOf(idKey) + idKey.length)
    text += lines
  }
  // Nothing but ASCII is in there, so that characters are bytes.
  return { bytes: Buffer.from(text, 'latin1'), ids, turns: 0 }
}
