import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bulkOf, logDocument } from '../test-bulk.ts'
import type { Bulk } from './bulk.ts'
import { MemorySink } from './memory.ts'
import { PatienceSink } from './patience.ts'

const never = new AbortController().signal
const minuteMs = 60_000

/** Two streams, `a` and `b`; in `a`, the document `x` is always answered with 500. */
class Run {
  readonly memory = new MemorySink()
  now = 1_000_000
  readonly #sink = new PatienceSink(this.memory, { now: () => 0, monotonic: () => this.now })
  isAllBroken = false

  constructor() {
    this.memory.answer = ({ id, index }) => {
      const isBroken = id === 'x' || (this.isAllBroken && index === 'a')
      return isBroken ? { status: 500, type: 'null_pointer_exception' } : { status: 201 }
    }
  }

  /** Sends the document alone, as its retries are, each half a minute; resolves with the outcome of the last. */
  async retry(minutes: number): Promise<{ retried: number; reasons: string[] }> {
    let last = { retried: 0, reasons: [] as string[] }
    for (const end = this.now + minutes * minuteMs; this.now < end; this.now += minuteMs / 2) {
      last = await this.write(bulk('a', 'x'))
      if (last.reasons.length > 0) return last
    }
    return last
  }

  async write(sent: Bulk): Promise<{ retried: number; reasons: string[] }> {
    const { retry, rejected } = await this.#sink.write(sent, never)
    return { retried: retry.length, reasons: rejected.map(({ reason }) => reason) }
  }
}

function bulk(index: string, ...ids: string[]): Bulk {
  return bulkOf(ids.map((id) => ({ index, id, source: logDocument(id) })))
}

test('an item that meets 500 for ten minutes while others of its target are taken is rejected, with how often and how long', async () => {
  const run = new Run()
  assert.deepEqual(await run.write(bulk('a', 'one', 'x')), { retried: 1, reasons: [] })
  assert.deepEqual(await run.retry(9), { retried: 1, reasons: [] })
  const { retried, reasons } = await run.retry(2)
  assert.equal(retried, 0)
  assert.deepEqual(reasons, ['The test answered 500. (22 tries in 10 minutes, while others were taken)'])
})

test('where nothing of its target is taken, it is tried on, until something is', async () => {
  const run = new Run()
  run.isAllBroken = true
  await run.write(bulk('a', 'one', 'x'))
  await run.write(bulk('b', 'two'))
  assert.deepEqual(await run.retry(60), { retried: 1, reasons: [] })
  run.isAllBroken = false
  await run.write(bulk('a', 'three'))
  assert.equal((await run.retry(1)).reasons.length, 1)
})

test('a few tries over a long time are not enough', async () => {
  const run = new Run()
  await run.write(bulk('a', 'one', 'x'))
  for (let tries = 0; tries < 5; tries++) {
    run.now += 4 * minuteMs
    assert.deepEqual(await run.write(bulk('a', 'x')), { retried: 1, reasons: [] })
  }
})

test('answers that are about the server, and 500 of an item that is taken later, never count', async () => {
  const run = new Run()
  run.memory.answer = () => ({ status: 503 })
  await run.write(bulk('a', 'x'))
  assert.deepEqual(await run.retry(30), { retried: 1, reasons: [] })
  run.memory.answer = ({ id }) => ({ status: id === 'x' ? 500 : 201 })
  assert.deepEqual(await run.retry(9), { retried: 1, reasons: [] })
  run.memory.answer = () => ({ status: 201 })
  await run.write(bulk('a', 'x', 'y'))
  // Long after, under the same id in another index: counted anew.
  run.now += 20 * minuteMs
  await run.write(bulk('a', 'z'))
  run.memory.rollover('a')
  run.memory.answer = ({ id }) => ({ status: id === 'x' ? 500 : 201 })
  assert.deepEqual(await run.write(bulk('a', 'x')), { retried: 1, reasons: [] })
})
