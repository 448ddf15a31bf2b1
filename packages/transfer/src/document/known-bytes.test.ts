import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KnownBytes } from './known-bytes.ts'

/** Compares in the midst of other bytes, as they stand in a record batch. */
function areEqual(known: Buffer, other: Buffer): boolean {
  const around = Buffer.concat([Buffer.from('abc'), other, Buffer.from('xyz')])
  const words = new DataView(around.buffer, around.byteOffset, around.length)
  return new KnownBytes(known).equals(around, words, 3, 3 + other.length)
}

test('the same bytes are equal, and each byte that differs is seen, whatever the length', () => {
  for (let length = 0; length < 40; length++) {
    const known = Buffer.from(Array.from({ length }, (_, i) => 0x61 + (i % 26)))
    assert.ok(areEqual(known, known), `of ${length} bytes`)
    for (let i = 0; i < length; i++) {
      const other = Buffer.from(known)
      other[i] = 0x30
      assert.ok(!areEqual(known, other), `byte ${i} of ${length}`)
    }
  }
})

test('one that is longer or shorter is not equal', () => {
  const known = Buffer.from('{"id":"AAAAAAAAAAAAAAAA"}')
  assert.ok(!areEqual(known, known.subarray(0, -1)))
  assert.ok(!areEqual(known, Buffer.concat([known, known.subarray(-1)])))
})

// As doubles the two zeros are equal, and what is no number is not even equal to itself.
test('bytes that would be a zero or no number as a double are compared as bytes', () => {
  const zero = Buffer.alloc(16, 0x61)
  zero.fill(0, 0, 8)
  const minusZero = Buffer.from(zero)
  minusZero[7] = 0x80
  const noNumber = Buffer.alloc(16, 0xff)
  const otherNoNumber = Buffer.from(noNumber)
  otherNoNumber[0] = 0xfe
  for (const known of [zero, minusZero, noNumber, otherNoNumber]) {
    for (const other of [zero, minusZero, noNumber, otherNoNumber]) {
      assert.equal(areEqual(known, other), known === other)
    }
  }
})
