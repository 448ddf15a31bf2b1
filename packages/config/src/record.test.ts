import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentId, documentIdLength } from './record.ts'

const offset = fc.maxSafeNat()

test('document ids of one source sort by bytes as their offsets do, and are distinct', () => {
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      const idA = documentId('AAAAAAAAAAAAAAAA', a)
      const idB = documentId('AAAAAAAAAAAAAAAA', b)
      assert.equal(idA.length, documentIdLength)
      assert.equal(Math.sign(Buffer.compare(Buffer.from(idA), Buffer.from(idB))), Math.sign(a - b))
    }),
  )
})

test('the largest offset fits the fixed width', () => {
  assert.equal(documentId('AAAAAAAAAAAAAAAA', Number.MAX_SAFE_INTEGER).length, documentIdLength)
  assert.equal(documentId('AAAAAAAAAAAAAAAA', 0), `AAAAAAAAAAAAAAAA${'-'.repeat(9)}`)
})
