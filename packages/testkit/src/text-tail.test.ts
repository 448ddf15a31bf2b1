import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextTail } from './text-tail.ts'

test('words are counted in what is kept, in what comes in pieces, and in what is not kept any more', () => {
  const tail = new TextTail()
  tail.add('begun\nassi')
  const times = tail.count('assigned')
  assert.equal(times(), 0)
  tail.add('gned\n')
  assert.equal(times(), 1)
  for (let i = 0; i < 5; i++) tail.add(`${'.'.repeat(32 * 1024)}\n`)
  assert.ok(!tail.text.includes('assigned'))
  for (const letter of 'assigned, assigned') tail.add(letter)
  assert.equal(times(), 3)
  assert.equal(tail.count('assigned')(), 2, 'what was kept is counted, too')
})
