import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OriginCache } from './origin-cache.ts'

test('the longest unused header is forgotten first; a huge one is not kept, yet made once for a run of records', () => {
  let made = 0
  const cache = new OriginCache<number>(2, () => ++made)
  const find = (text: string): number | null => cache.find('web', Buffer.from(text), 0, text.length)
  assert.deepEqual(['a', 'b', 'a', 'c', 'a', 'b'].map(find), [1, 2, 1, 3, 1, 4])
  assert.equal(cache.size, 2)
  const huge = 'x'.repeat(100_000)
  assert.deepEqual([huge, huge, `${huge}y`, 'b', huge].map(find), [5, 5, 6, 4, 7])
  assert.equal(cache.size, 2)
})
