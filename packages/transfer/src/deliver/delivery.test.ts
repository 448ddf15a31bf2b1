import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { Events } from '../events.ts'
import { AdaptiveLimit } from '../sink/adaptive-limit.ts'
import type { Bulk } from '../sink/bulk.ts'
import { MemorySink } from '../sink/memory.ts'
import { allAccepted } from '../sink/sink.ts'
import { RetryingSink } from '../sink/retrying.ts'
import { bulkOf, logDocument } from '../test-bulk.ts'
import { waitUntil } from '../test-transfer.ts'
import type { Burial } from './burial.ts'
import { Delivery } from './delivery.ts'

const target = { index: 'logs-a-b', source: logDocument('x') }

/** Documents of these ids, on their way. */
function bulkOfIds(ids: string): Bulk {
  const bulk = bulkOf(ids.split('').map((id) => ({ ...target, id })))
  bulk.runs[0]?.segment.hold(bulk.count)
  return bulk
}

function setUp(sink: MemorySink, bury: Burial['bury'] = async () => {}): { delivery: Delivery; freed: Bulk[] } {
  const freed: Bulk[] = []
  const delivery = new Delivery({
    sink: new RetryingSink(sink),
    burial: { bury } as Burial,
    slots: new AdaptiveLimit({ max: 1 }),
    events: new Events(silentLogger, createMetrics('test')).ofSink('memory', () => 1),
    backoff: { baseMs: 1, maxMs: 5 },
    onFree: (bulk) => freed.push(bulk),
  })
  return { delivery, freed }
}

test('a bulk is free again while its dead letters still wait; these are told by what they are', async (t) => {
  const sink = new MemorySink()
  sink.answer = ({ id }) => ({ status: id === 'b' ? 400 : 201 })
  let buried: string[] = []
  const { delivery, freed } = setUp(sink, async (bulk, rejected, signal) => {
    buried = rejected.map(({ item }) => {
      const text = bulk.body.toString('utf8', bulk.startOf(item), bulk.endOf(item))
      return `${/"_id":"(.)"/.exec(text)?.[1]} at ${bulk.offsetOf(item)}, tries ${bulk.attempts}`
    })
    await new Promise((_, reject) => signal.addEventListener('abort', reject))
  })
  t.after(() => delivery.close())
  const bulk = bulkOfIds('abc')
  await delivery.accept(bulk)
  await waitUntil(() => freed.length === 1, 'the bulk, free for others')
  assert.equal(freed[0], bulk)
  assert.deepEqual(buried, ['b at 1, tries 1'])
})

test('of a reason that quotes the value no more is kept than a letter has room for', async (t) => {
  const value = 'x'.repeat(700_000)
  const reason = `failed to parse field [d]. Preview of field's value: '${value}': failed to parse date field [${value}]`
  const sink = new MemorySink()
  sink.write = async ({ count }) => ({
    ...allAccepted(count - 1),
    rejected: [{ item: 0, type: 'document_parsing_exception', reason }],
  })
  let kept = ''
  const { delivery, freed } = setUp(sink, async (_bulk, rejected) => {
    kept = rejected[0]?.reason ?? ''
  })
  t.after(() => delivery.close())
  await delivery.accept(bulkOfIds('ab'))
  await waitUntil(() => freed.length === 1, 'the bulk, free for others')
  assert.ok(kept.startsWith("failed to parse field [d]. Preview of field's value: 'xxx"))
  assert.ok(kept.endsWith(`… (${reason.length} characters)`))
  assert.ok(kept.length < 5_000, `${kept.length} characters`)
})

test('a bulk that comes waits for few of those that are turned away again and again, however many they are', async (t) => {
  const sink = new MemorySink()
  sink.answer = ({ id }) => ({ status: id === 'z' ? 429 : 201 })
  const { delivery, freed } = setUp(sink)
  t.after(() => delivery.close())
  for (let count = 0; count < 100; count++) await delivery.accept(bulkOfIds('z'))
  // From now on the next try of one keeps the slot, and the others pile up.
  sink.hold()
  await waitUntil(() => freed.length === 100, 'the first tries')
  // Timers run in the order of their ends: all waits between tries, which are 5 ms at most, are over then.
  await new Promise((resolve) => setTimeout(resolve, 10))
  const before = sink.requests.length
  const accepted = delivery.accept(bulkOfIds('ab'))
  sink.release()
  await accepted
  assert.ok(sink.requests.length - before <= 3, `${sink.requests.length - before} requests went first`)
})

test('what many bulks leave behind while one index takes nothing is sent again together, not in as many requests', async (t) => {
  const sink = new MemorySink()
  let isBlocked = true
  sink.answer = ({ index }) => ({ status: isBlocked && index === 'logs-blocked' ? 429 : 201 })
  const { delivery, freed } = setUp(sink)
  t.after(() => delivery.close())
  const bulks = 300
  for (let n = 0; n < bulks; n++) {
    const others = 'abcdefghi'.split('').map((id) => ({ ...target, id: `${id}${n}` }))
    const blocked = { ...target, index: 'logs-blocked', id: `z${n}` }
    const bulk = bulkOf([...others, blocked], { maxBytes: 1 << 20, maxItems: 100 })
    bulk.runs[0]?.segment.hold(bulk.count)
    await delivery.accept(bulk)
  }
  await waitUntil(() => freed.length === bulks, 'the first tries')
  isBlocked = false
  const before = sink.requests.length
  await waitUntil(() => sink.documents.size === 10 * bulks, 'the documents of the index')
  const requests = sink.requests.length - before
  assert.ok(requests <= 60, `${bulks} documents came in ${requests} requests`)
})
