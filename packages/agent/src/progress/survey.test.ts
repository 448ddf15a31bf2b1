import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FileProgress, type FileState, maxProgressBytes, maxProgressFiles, worseFirst } from '@logpipe/config'
import fc from 'fast-check'
import { survey } from './survey.ts'
import { Worst } from './worst.ts'

function row(path: string, state: FileState, lagBytes = 0, reason: string | null = null): FileProgress {
  const [size, acked] = [lagBytes + 10, 10]
  return { path, entry: 'e', topic: 't', identity: 'i', size, read: acked, acked, lagBytes, state, reason }
}

test('all files are counted, and of many the worst are named', async () => {
  function* files(): Generator<FileProgress> {
    for (let n = 0; n < 2_000; n++) yield row(`/idle/${n}`, 'idle')
    yield row('/failed', 'failed', 0, 'EACCES')
    for (let n = 0; n < 2_000; n++) yield row(`/lag/${n}`, 'active', n)
  }
  const { totals, files: named, omitted } = await survey(files())
  assert.deepEqual(totals, { files: 4_001, lagBytes: 1_999_000, states: { idle: 2_000, failed: 1, active: 2_000 } })
  assert.equal(named.length, maxProgressFiles)
  assert.equal(omitted, 4_001 - maxProgressFiles)
  assert.deepEqual(
    named.slice(0, 3).map(({ path }) => path),
    ['/failed', '/lag/1999', '/lag/1998'],
  )
})

test('long paths and reasons are bounded, in bytes', async () => {
  const long = Array.from({ length: 40 }, (_, n) => row(`/${'漢'.repeat(500)}/${n}`, 'failed', 0, 'why '.repeat(500)))
  const { files, omitted } = await survey(long)
  assert.ok(files.length > 3, `${files.length} are named`)
  assert.ok(Buffer.byteLength(JSON.stringify(files)) <= maxProgressBytes + 2)
  assert.equal(files.length + omitted, 40)
  assert.ok(files.every(({ reason }) => (reason?.length ?? 0) <= 301))
  const one = await survey([row(`/${'x'.repeat(maxProgressBytes)}`, 'idle')])
  assert.deepEqual([one.files.length, one.omitted], [0, 1])
})

test('others have their turn while thousands of files are gone through', async () => {
  let turns = 0
  let isOver = false
  const take = (): void => {
    turns++
    if (!isOver) setImmediate(take)
  }
  setImmediate(take)
  await survey(Array.from({ length: 5_000 }, (_, n) => row(`/${n}`, 'idle')))
  isOver = true
  assert.ok(turns >= 9, `${turns} turns`)
})

test('whatever the files are, the worst are those that sorting all would put first', () => {
  const states: FileState[] = ['active', 'idle', 'lost', 'held', 'blocked', 'ignored', 'failed', 'finished']
  const any = fc.tuple(fc.constantFrom(...states), fc.nat(5))
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (given, limit) => {
      const rows = given.map(([state, lag], n) => row(`/${n}`, state, lag))
      const worst = new Worst(limit)
      for (const one of rows) worst.add(one)
      assert.deepEqual(worst.take(), rows.toSorted(worseFirst).slice(0, limit))
    }),
  )
})
