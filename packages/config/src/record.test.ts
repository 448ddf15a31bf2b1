import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  documentId,
  epochAt,
  epochText,
  foreignDocumentId,
  isForeignDocumentId,
  isIdFront,
  ownDocumentId,
  parseOffsetText,
  sourceIdOf,
} from './record.ts'

const offset = fc.maxSafeNat()

test('document ids of one source sort by bytes as their offsets do, and are distinct', () => {
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const idA = documentId('AAAAAAAAAAAAAAAA', a)
      const idB = documentId('AAAAAAAAAAAAAAAA', b)
      assert.equal(idA.length, 25)
      assert.equal(Math.sign(Buffer.compare(Buffer.from(idA), Buffer.from(idB))), Math.sign(a - b))
    }),
  )
})

test('the largest offset fits the fixed width', () => {
  assert.equal(documentId('AAAAAAAAAAAAAAAA', Number.MAX_SAFE_INTEGER).length, 25)
  assert.equal(documentId('AAAAAAAAAAAAAAAA', 0), `AAAAAAAAAAAAAAAA${'-'.repeat(9)}`)
})

const source = '{"id":"AAAAAAAAAAAAAAAA","host":"h"}'

test('ids of a later epoch sort behind all of earlier ones, and tell their source', () => {
  const time = fc.integer({ min: 0, max: 5_000_000_000_000 })
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{16}$/)
  fc.assert(
    fc.property(time, time, id, id, offset, (a, b, sourceA, sourceB, at) => {
      const [frontA, frontB] = [epochText(epochAt(a)) + sourceA, epochText(epochAt(b)) + sourceB]
      assert.ok(isIdFront(frontA) && isIdFront(sourceA))
      const order = Math.sign(epochAt(a) - epochAt(b))
      const [idA, idB] = [documentId(frontA, at), documentId(frontB, at)]
      if (order !== 0) assert.equal(Math.sign(Buffer.compare(Buffer.from(idA), Buffer.from(idB))), order)
      assert.equal(sourceIdOf(idA), sourceA)
      assert.equal(sourceIdOf(documentId(sourceB, at)), sourceB)
    }),
  )
})

test('whatever the clock says, there is an epoch of five characters; 0 is none', () => {
  for (const ms of [-1e15, -1, 0, 1, Date.UTC(2026, 10, 21), Date.UTC(2130, 0), 8.64e15])
    assert.match(epochText(epochAt(ms)), /^[A-Za-z0-9_-]{5}$/, String(ms))
  assert.equal(epochText(0), '')
  assert.ok(epochAt(Date.UTC(2026, 10, 21, 0, 0, 1)) === epochAt(Date.UTC(2026, 10, 21)) + 1)
})

test('ids that no agent of ours makes tell no source', () => {
  const front = 'AAAAAAAAAAAAAAAA'
  for (const id of ['', front, `${front}${'-'.repeat(8)}`, `A${documentId(front, 0)}`, `web-0-${'1'.repeat(18)}!`])
    assert.equal(sourceIdOf(id), null, id)
})

test("the id of an agent's record is made of its headers, and of nothing that only looks like them", () => {
  assert.equal(ownDocumentId(source, '7'), documentId('AAAAAAAAAAAAAAAA', 7))
  assert.equal(ownDocumentId('{"id":"-fghIAAAAAAAAAAAAAAAA"}', '7'), documentId('-fghIAAAAAAAAAAAAAAAA', 7))
  const none: [string | null, string | null][] = [
    [null, '7'],
    [source, null],
    [source, '07'],
    [source, '-1'],
    [source, '9007199254740992'],
    [source, ''],
    ['{"id":"short"}', '7'],
    ['{"id":7}', '7'],
    ['[]', '7'],
    ['null', '7'],
    ['no json', '7'],
  ]
  for (const [header, at] of none) assert.equal(ownDocumentId(header, at), null, `${header} ${at}`)
})

test('an offset header is read back as it was written, whatever the number', () => {
  fc.assert(fc.property(offset, (value) => assert.equal(parseOffsetText(String(value)), value)))
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = parseOffsetText(text)
      assert.ok(value === null || String(value) === text)
    }),
  )
})

test('a foreign id is one of its own topic only, in its own form', () => {
  const topic = 'web-1.log'
  fc.assert(
    fc.property(fc.nat(), offset, fc.maxSafeInteger(), (partition, at, time) => {
      assert.ok(isForeignDocumentId(foreignDocumentId(topic, partition, at, time), topic))
    }),
  )
  const others = [
    '',
    topic,
    `${topic}-`,
    'other-0-1-2',
    `${topic}-0-1`,
    `${topic}-0-1-2-3`,
    `${topic}-0-1-2"`,
    `${topic}-0-1-x`,
  ]
  for (const id of [...others, `${topic}-0-1-${'2'.repeat(400)}`]) assert.ok(!isForeignDocumentId(id, topic), id)
})
