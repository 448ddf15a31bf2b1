import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import type { Bulk } from '../sink/bulk.ts'
import { Filler } from './filler.ts'

const never = new AbortController().signal

/** A filler whose delivery has a slot only when the test gives one. */
function make(t: TestContext): { filler: Filler; taken: Bulk[]; giveSlot: () => Promise<void> } {
  const taken: Bulk[] = []
  const waiting: (() => void)[] = []
  const delivery = {
    accept: (bulk: Bulk): Promise<void> => {
      taken.push(bulk)
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
  const filler = new Filler({ limits: { maxBytes: 100, maxItems: 3 }, maxAgeMs: 500, delivery, poolSize: 1 })
  t.after(() => filler.close())
  const giveSlot = async (): Promise<void> => {
    waiting.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { filler, taken, giveSlot }
}

function add(filler: Filler): void {
  const bulk = filler.current
  assert.ok(bulk !== null)
  bulk.add(bulk.byteLength + 10, bulk.count)
}

test('a full bulk is handed over, and there is none to fill until it has a slot', async (t) => {
  const { filler, taken, giveSlot } = make(t)
  add(filler)
  add(filler)
  add(filler)
  assert.equal(filler.current, null)
  assert.equal(taken.length, 1)
  const waiting = filler.ready(never)
  await giveSlot()
  await waiting
  assert.notEqual(filler.current, null)
  assert.notEqual(filler.current, taken[0])
})

test('a bulk that does not become full is handed over when it is old enough, an empty one never', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { filler, taken } = make(t)
  assert.notEqual(filler.current, null)
  t.mock.timers.tick(500)
  assert.equal(taken.length, 0)
  add(filler)
  t.mock.timers.tick(499)
  assert.equal(taken.length, 0)
  t.mock.timers.tick(1)
  assert.deepEqual(
    taken.map(({ count }) => count),
    [1],
  )
})

test('a delivered bulk is used again, but not one that grew for a huge document', async (t) => {
  const { filler, taken, giveSlot } = make(t)
  add(filler)
  filler.send()
  const [bulk] = taken as [Bulk]
  filler.recycle(bulk)
  await giveSlot()
  assert.equal(filler.current, bulk)
  assert.equal(bulk.count, 0)
  bulk.reserve(10_000_000)
  add(filler)
  filler.send()
  filler.recycle(bulk)
  await giveSlot()
  assert.notEqual(filler.current, bulk)
})

test('who waits for a bulk stops waiting when aborted', async (t) => {
  const { filler } = make(t)
  add(filler)
  filler.send()
  await assert.rejects(filler.ready(AbortSignal.abort()), (error) => isLogpipeError(error, 'aborted'))
})
