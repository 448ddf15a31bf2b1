import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { bulkOf, logDocument } from '../test-bulk.ts'
import type { Bulk } from './bulk.ts'
import { MemoryLookup } from './lookup-memory.ts'
import { MemorySink } from './memory.ts'
import { RetryingSink } from './retrying.ts'
import { SuspectsSink } from './suspects.ts'

const never = new AbortController().signal
const index = 'logs-a-b'
const none = { retry: [], retryReason: null, rejected: [] }

class Told {
  looked: [count: number, found: number][] = []
  copies: [count: number, failed: boolean][] = []
  suspectsLookedUp(count: number, found: number): void {
    this.looked.push([count, found])
  }
  copiesRemoved(count: number, error: unknown): void {
    this.copies.push([count, error !== null])
  }
}

function setUp(): { memory: MemorySink; lookup: MemoryLookup; told: Told; sink: SuspectsSink } {
  const memory = new MemorySink()
  const lookup = new MemoryLookup(memory)
  const told = new Told()
  return { memory, lookup, told, sink: new SuspectsSink(memory, lookup, told) }
}

function bulk(ids: string, suspects: readonly number[] = []): Bulk {
  const made = bulkOf(ids.split('').map((id) => ({ index, id, source: logDocument(id) })))
  made.suspects.push(...suspects)
  return made
}

/** The ids that the sink holds, each as often as it stands there. */
function ids(sink: MemorySink): string {
  return [...sink.documents.values()]
    .map(({ id }) => id)
    .sort()
    .join('')
}

test('a suspect that an older backing index holds counts as existing and is not written again', async () => {
  const { memory, lookup, told, sink } = setUp()
  await sink.write(bulk('abc'), never)
  memory.rollover(index)
  assert.deepEqual(await sink.write(bulk('xaybz', [1, 3, 4]), never), { accepted: 5, existing: 2, ...none })
  assert.equal(ids(memory), 'abcxyz')
  assert.deepEqual(lookup.asked, [['a', 'b', 'z']])
  assert.deepEqual(told.looked, [[3, 2]])
})

test('without suspects, or where the target has one index alone, nothing is looked up', async () => {
  const { memory, lookup, sink } = setUp()
  await sink.write(bulk('abc'), never)
  assert.deepEqual(await sink.write(bulk('ab', [0, 1]), never), { accepted: 2, existing: 2, ...none })
  memory.rollover(index)
  await sink.write(bulk('de'), never)
  assert.deepEqual(lookup.asked, [])
  assert.equal(ids(memory), 'abcde')
})

test('fates of the items that are written keep their numbers', async () => {
  const { memory, sink } = setUp()
  await sink.write(bulk('a'), never)
  memory.rollover(index)
  memory.answer = ({ id }) => ({ status: id === 'r' ? 429 : id === 'x' ? 400 : 201 })
  const outcome = await sink.write(bulk('ayrax', [0, 3]), never)
  assert.deepEqual([outcome.accepted, outcome.existing, outcome.retry], [3, 2, [2]])
  assert.deepEqual(
    outcome.rejected.map(({ item }) => item),
    [4],
  )
})

test('a bulk of which nothing is known is looked up when it is sent again', async () => {
  const { memory, sink } = setUp()
  const retrying = new RetryingSink(sink, { backoff: { baseMs: 1, maxMs: 2 } })
  const write = memory.write.bind(memory)
  let calls = 0
  memory.write = async (sent, signal) => {
    const outcome = await write(sent, signal)
    if (++calls > 1) return outcome
    memory.rollover(index)
    throw new LogpipeError('elasticsearch_unavailable', 'The answer was lost.')
  }
  assert.deepEqual(await retrying.write(bulk('abc'), never), { accepted: 3, existing: 3, ...none })
  assert.equal(ids(memory), 'abc')
})

test('a copy waits for the bulks sent before it: one of them may hold the first of the two', async () => {
  const { memory, sink } = setUp()
  memory.rollover(index)
  memory.hold()
  const first = sink.write(bulk('a'), never)
  const copy = bulk('a', [0])
  copy.hasCopies = true
  const second = sink.write(copy, never)
  memory.release()
  await first
  memory.rollover(index)
  assert.deepEqual(await second, { accepted: 1, existing: 1, ...none })
  assert.equal(ids(memory), 'a')
})

test('one that another process wrote between lookup and write, with a rollover between, is removed again', async () => {
  const { memory, lookup, told, sink } = setUp()
  memory.rollover(index)
  lookup.onFind = () => {
    lookup.onFind = () => {}
    // After this lookup is answered: the zombie's bulk arrives, then the rollover, then ours.
    queueMicrotask(() => {
      void memory.write(bulk('a'), never)
      memory.rollover(index)
    })
  }
  assert.deepEqual(await sink.write(bulk('ab', [0, 1]), never), { accepted: 2, existing: 0, ...none })
  assert.equal(ids(memory), 'ab')
  assert.ok(memory.documents.has(`.ds-${index}-1/a`), 'the older copy is the one that stays')
  assert.deepEqual(told.copies, [[1, false]])
})

test('a copy that cannot be removed is told', async () => {
  const { memory, lookup, told, sink } = setUp()
  memory.rollover(index)
  lookup.onFind = () => {
    lookup.onFind = () => {}
    queueMicrotask(() => {
      void memory.write(bulk('a'), never)
      memory.rollover(index)
    })
  }
  lookup.remove = async () => {
    throw new LogpipeError('elasticsearch_rejected', 'The right is missing.')
  }
  await sink.write(bulk('a', [0]), never)
  assert.deepEqual(told.copies, [[1, true]])
})

test('of a target that cannot be searched the suspects have to be sent again, and nothing of them is sent', async () => {
  const { memory, lookup, sink } = setUp()
  memory.rollover(index)
  lookup.find = async () => {
    throw new LogpipeError('elasticsearch_unavailable', 'No shards.')
  }
  const { accepted, retry, retryReason } = await sink.write(bulk('abc', [0, 2]), never)
  assert.deepEqual([accepted, retry], [1, [0, 2]])
  assert.match(String(retryReason), /No shards/)
  assert.deepEqual(memory.requests, [1])
})

test('where the server does not answer a lookup nothing is known of the bulk, and nothing is sent', async () => {
  const { memory, lookup, sink } = setUp()
  memory.rollover(index)
  lookup.find = async () => {
    throw new LogpipeError('deadline_exceeded', 'No answer.')
  }
  await assert.rejects(sink.write(bulk('a', [0]), never), /No answer/)
  lookup.indices = async () => {
    throw new LogpipeError('elasticsearch_unavailable', 'No shards.')
  }
  await assert.rejects(sink.write(bulk('a', [0]), never), /No shards/)
  assert.equal(memory.requests.length, 0)
})

test('items picked out of a bulk keep their marks', () => {
  const picked = bulk('abcdef', [1, 2, 4]).pick([0, 2, 3, 4])
  assert.deepEqual(picked.suspects, [1, 3])
})

test('a record and its copy in one bulk, for indices of two days, are written once', async () => {
  const { memory, sink } = setUp()
  const items = [
    { index: 'legacy-2026.11.21', id: 'a' },
    { index: 'legacy-2026.11.21', id: 'b' },
    { index: 'legacy-2026.11.22', id: 'a' },
    { index: 'legacy-2026.11.22', id: 'c' },
  ]
  const made = bulkOf(items.map((item) => ({ ...item, source: logDocument(item.id) })))
  made.suspects = [2]
  made.hasCopies = true
  assert.deepEqual(await sink.write(made, never), { accepted: 4, existing: 1, ...none })
  assert.equal(ids(memory), 'abc')
})

test('a part of a bulk that ran into its deadline has more time at the next try, however often it is picked anew', () => {
  const whole = bulk('abc', [0])
  whole.pick([1, 2]).lateness.tries++
  assert.equal(whole.pick([1, 2]).lateness.tries, 1)
  whole.reset()
  assert.equal(whole.lateness.tries, 0)
})
