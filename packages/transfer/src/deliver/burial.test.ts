import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortedError, createMetrics, silentLogger, untilAborted } from '@logpipe/runtime'
import { ByteBudget } from '../consume/budget.ts'
import { MemoryPartition } from '../consume/memory.ts'
import { Segment } from '../consume/segment.ts'
import { Events } from '../events.ts'
import { Bulk } from '../sink/bulk.ts'
import { lines, waitUntil } from '../test-transfer.ts'
import { Burial } from './burial.ts'

/** Bulks of one record each, all of one partition. */
async function bulksOf(topic: string, count: number): Promise<Bulk[]> {
  const partition = new MemoryPartition(topic, 0)
  for (let n = 0; n < count; n++) await partition.append(lines(n, 1))
  const owner = { topic, partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }
  return partition.batches.map((batch) => {
    const bulk = new Bulk({ maxBytes: 1, maxItems: 1 }, 1)
    const segment = new Segment(owner, batch, batch.baseOffset, () => {})
    segment.hold(1)
    bulk.begin(segment)
    bulk.add(1, batch.baseOffset)
    return bulk
  })
}

test('a dead-letter partition that takes nothing does not hold up those of others, however many letters wait for it', async (t) => {
  const stop = new AbortController()
  t.after(() => stop.abort(abortedError(stop.signal)))
  const written: string[] = []
  const letters = {
    async write(group: readonly { topic: string }[], signal: AbortSignal): Promise<void> {
      if (group[0]?.topic === 'away') await untilAborted(new Promise<never>(() => {}), signal)
      written.push(...group.map(({ topic }) => topic))
    },
    close: async () => {},
  }
  const burial = new Burial(letters, new Events(silentLogger, createMetrics('test')))
  const rejected = [{ item: 0, type: 'x', reason: 'y' }]
  const bulks = [...(await bulksOf('away', 20)), ...(await bulksOf('web', 5))]
  for (const bulk of bulks) burial.bury(bulk, rejected, stop.signal).catch(() => {})
  await waitUntil(() => written.length === 5, 'the letters of the other topic')
  assert.deepEqual(new Set(written), new Set(['web']))
})

test('many dead-letter partitions that take nothing hold up those of others once each, not again and again', async (t) => {
  const stop = new AbortController()
  t.after(() => stop.abort(abortedError(stop.signal)))
  const written: string[] = []
  const letters = {
    async write(group: readonly { topic: string }[], signal: AbortSignal): Promise<void> {
      if (group[0]?.topic.startsWith('away') === true) await untilAborted(new Promise<never>(() => {}), signal)
      written.push(...group.map(({ topic }) => topic))
    },
    close: async () => {},
  }
  const events = new Events(silentLogger, createMetrics('test'))
  const burial = new Burial(letters, events, { backoff: { baseMs: 1, maxMs: 5 }, firstTryMs: 20, laterTryMs: 60_000 })
  const rejected = [{ item: 0, type: 'x', reason: 'y' }]
  const away = await Promise.all(Array.from({ length: 20 }, (_, number) => bulksOf(`away-${number}`, 1)))
  for (const bulk of [...away.flat(), ...(await bulksOf('web', 5))]) {
    burial.bury(bulk, rejected, stop.signal).catch(() => {})
  }
  await waitUntil(() => written.length === 5, 'the letters of the other topic')
})
