import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { change, readStanding } from './change.ts'
import { auditItem, type PastChange } from './audit.ts'
import { deleteExpired } from './expired.ts'
import { LastChanges } from './last-changes.ts'
import { type HandMade, handMadeChanges } from './hand-made.ts'
import type { Followed } from '../follow.ts'
import { MemoryStore } from '../store-memory.ts'

const record = (key: string, revision: number, to: PastChange['to'], at = '2026-11-21T05:00:00.000Z'): PastChange => ({
  key,
  from: null,
  to,
  by: 'ada',
  at,
  note: '',
  revision,
})

function followed(revision: number, values: Record<string, [value: string, modRevision: number]>): Followed {
  const items = Object.entries(values).map(([key, [value, modRevision]]) => ({ key, value, modRevision }))
  return { revision, items: new Map(items.map((item) => [item.key, item])), wentBack: false }
}

const lastOf = (...records: PastChange[]): Map<string, PastChange> => new Map(records.map((one) => [one.key, one]))

test('what has no record, is newer than its record, or is gone without one was changed by hand', () => {
  const last = lastOf(
    record('known', 5, 'a'),
    record('edited', 5, 'a'),
    record('gone', 5, 'a'),
    record('left', 5, null),
  )
  const now = followed(20, { known: ['a', 5], edited: ['b', 9], new: ['c', 7] })
  assert.deepEqual(handMadeChanges(last, now), [
    { key: 'edited', from: 'a', to: 'b', revision: 9 },
    { key: 'new', from: { unknown: true }, to: 'c', revision: 7 },
    { key: 'gone', from: 'a', to: null, revision: 20 },
  ] satisfies HandMade[])
})

test('what was written with its record after we had looked is not by hand; nor is the same value written again', () => {
  const last = lastOf(record('later', 30, 'b'), record('made-later', 31, 'x'), record('again', 5, 'a'))
  assert.deepEqual(handMadeChanges(last, followed(20, { later: ['a', 9], again: ['a', 12] })), [])
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const large = lastOf(record('large', 5, { sha256, bytes: 3 }))
  assert.deepEqual(handMadeChanges(large, followed(20, { large: ['abc', 12] })), [], 'the same large value')
  assert.equal(handMadeChanges(large, followed(20, { large: ['abd', 12] })).length, 1, 'another large value')
})

test('whatever is done by us and by hand, and wherever the looking is interrupted, the last record of each key says what stands there', async () => {
  const step = fc.record({
    ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    how: fc.constantFrom('us', 'hand', 'delete', 'look'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const store = new MemoryStore()
      // Its margin covers the clock of the writers here, which stands still.
      const last = new LastChanges(store, '/p', Number.MAX_SAFE_INTEGER)
      const look = async (): Promise<HandMade[]> => {
        const { items, revision } = await store.list('/p/collect/hosts/')
        const now = { items: new Map(items.map((item) => [item.key, item])), revision, wentBack: false }
        await last.readNew(new AbortController().signal)
        return handMadeChanges(last.byKey, now)
      }
      const write = async (made: HandMade): Promise<void> => {
        const item = auditItem('/p', { ...made, by: 'unknown', note: '', atMs: 1_763_703_000_000 })
        await store.put(item.key, item.value)
      }
      let topic = 0
      for (const { ip, how } of steps) {
        const value = JSON.stringify([{ path: '/a', topic: `t${topic++}` }])
        const key = `/p/collect/hosts/${ip}`
        if (how === 'us') {
          const standing = await readStanding(store, '/p', { kind: 'host', ip })
          await change(store, '/p', standing, value, { by: 'ada', note: '', atMs: 1_763_703_000_000 })
        } else if (how === 'hand') await store.put(key, value)
        else if (how === 'delete') await store.delete(key)
        else {
          // Stopped after the first of them.
          const [first] = await look()
          if (first !== undefined) await write(first)
        }
      }
      for (const made of await look()) await write(made)
      assert.deepEqual(await look(), [], 'nothing is found twice')
      const standing = (await store.list('/p/collect/hosts/')).items.map(({ key, value }) => [key, value] as const)
      await last.readAll(new AbortController().signal)
      const lasting = [...last.byKey].filter(([, { to }]) => to !== null)
      const values = await Promise.all(lasting.map(async ([key]) => [key, await last.valueOf(key)] as const))
      assert.deepEqual(new Map(values), new Map(standing))
    }),
    { numRuns: 200 },
  )
})

test('records that are too old are forgotten, but for the last one of what still stands', async () => {
  const store = new MemoryStore()
  const [oldMs, freshMs] = [Date.parse('2025-01-01T00:00:00.000Z'), Date.parse('2026-11-21T05:00:00.000Z')]
  const write = async (key: string, to: string | null, atMs: number): Promise<string> => {
    const item = auditItem('/p', { key, from: null, to, by: 'ada', note: '', atMs })
    await store.put(item.key, item.value)
    return item.key
  }
  await write('stands', 'a', oldMs)
  await write('gone', 'a', oldMs + 1)
  await write('gone', null, oldMs + 2)
  await write('fresh', 'a', oldMs + 3)
  const kept = [await write('stands', 'b', oldMs + 4), await write('fresh', 'b', freshMs)]
  const createRevision = await store.put('/p/locks/audit', 'me')
  const last = new LastChanges(store, '/p')
  const { signal } = new AbortController()
  await last.readAll(signal)
  const fence = { key: '/p/locks/audit', createRevision }
  const beforeMs = Date.parse('2026-01-01T00:00:00.000Z')
  assert.equal(await deleteExpired({ store, prefix: '/p', last: last.byKey, beforeMs, fence }, signal), 4)
  assert.deepEqual(
    (await store.list('/p/audit/')).items.map(({ key }) => key),
    kept,
  )
})
