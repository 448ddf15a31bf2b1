import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@logpipe/runtime'
import { Trouble } from './trouble.ts'

test('trouble is told when it lasts, with its beginning and its last reason, and forgotten when something goes well', () => {
  const clock = new FakeClock(0)
  const trouble = new Trouble(clock)
  assert.equal(trouble.text, null)
  trouble.failed(new Error('first'))
  clock.advance(9_999)
  trouble.failed('second')
  assert.equal(trouble.text, null)
  clock.advance(1)
  assert.equal(trouble.text, 'since 1970-01-01T00:00:00.000Z: second')
  trouble.isWell()
  assert.equal(trouble.text, null)
  trouble.failed('third')
  assert.equal(trouble.text, null)
  clock.advance(300_000)
  assert.match(trouble.text ?? '', /third/)
  clock.advance(1)
  assert.equal(trouble.text, null, 'nobody has tried for long: what failed went to another instance')
})
