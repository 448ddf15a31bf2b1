import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExpectedRecords } from './expected.ts'
import { Tally } from './tally.ts'

const bytes = Buffer.from('aa\nbb\ncc\n')

function meet(tally: Tally, path: string, offset: number, value: string): void {
  const record = Buffer.from(value)
  tally.meet(path, offset, record, 0, record.length)
}

test('records of lines, of some lines, of events and of another encoding stand where they begin', () => {
  const all = ExpectedRecords.ofLines(bytes, 3)
  assert.deepEqual([all.count, all.indexAt(6), all.indexAt(7)], [3, 2, -1])
  const some = ExpectedRecords.ofLines(bytes, 3, (line) => line !== 1)
  assert.deepEqual([some.count, some.indexAt(3), some.indexAt(6)], [2, -1, 1])
  assert.ok(some.isValue(1, Buffer.from('cc'), 0, 2))
  const events = ExpectedRecords.ofEvents(bytes, [0, 6])
  assert.ok(events.isValue(0, Buffer.from('aa\nbb'), 0, 5) && events.isValue(1, Buffer.from('cc'), 0, 2))
  const decoded = ExpectedRecords.ofValues(Buffer.from('äääööö'), 6, 4)
  assert.deepEqual([decoded.count, decoded.indexAt(4)], [2, 1])
  assert.ok(decoded.isValue(1, Buffer.from('ööö'), 0, 6))
})

test('a record that is missing, double, changed, shifted or of no file is told in a sentence', () => {
  const tally = new Tally([
    { path: '/a', records: ExpectedRecords.ofLines(bytes, 3) },
    { path: '/b', records: ExpectedRecords.ofLines(bytes, 3) },
  ])
  assert.equal(tally.count, 6)
  meet(tally, '/a', 0, 'aa')
  assert.throws(() => meet(tally, '/a', 0, 'aa'), /at 0 of \/a is there twice/)
  assert.throws(() => meet(tally, '/b', 3, 'bx'), /at 3 of \/b is not what the file holds\. It reads: bx/)
  assert.throws(() => meet(tally, '/b', 3, 'bbb'), /is not what the file holds/)
  assert.throws(() => meet(tally, '/b', 4, 'b'), /begins at 4 of \/b, where none begins/)
  assert.throws(() => meet(tally, '/c', 0, 'aa'), /comes from \/c, which was not collected/)
  for (const [path, offset, value] of [
    ['/a', 3, 'bb'],
    ['/a', 6, 'cc'],
    ['/b', 3, 'bb'],
    ['/b', 6, 'cc'],
  ] as const)
    meet(tally, path, offset, value)
  assert.throws(() => tally.requireAll(), /1 of 6 records are missing; the first is number 0 of \/b/)
  meet(tally, '/b', 0, 'aa')
  tally.requireAll()
})
