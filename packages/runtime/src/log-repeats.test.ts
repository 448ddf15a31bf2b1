import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from './clock.ts'
import { Repeats } from './log-repeats.ts'

test('the first lines of a message pass, the rest are summed up once when the window ends', () => {
  const clock = new FakeClock()
  const repeats = new Repeats({ limit: 2, windowMs: 1_000, clock })
  const sums: number[] = []
  const admit = (): boolean => repeats.admit('down', (count) => sums.push(count))
  assert.deepEqual([admit(), admit(), admit(), admit(), admit()], [true, true, false, false, false])
  repeats.sweep()
  assert.deepEqual(sums, [], 'the window is still open')
  clock.advance(1_000)
  repeats.sweep()
  repeats.sweep()
  assert.deepEqual(sums, [3])
  assert.equal(admit(), true, 'a new window lets lines through again')
})

test('other messages are not held back', () => {
  const repeats = new Repeats({ limit: 1, windowMs: 1_000, clock: new FakeClock() })
  assert.equal(
    repeats.admit('a', () => {}),
    true,
  )
  assert.equal(
    repeats.admit('a', () => {}),
    false,
  )
  assert.equal(
    repeats.admit('b', () => {}),
    true,
  )
})

test('memory is bounded: the oldest of more than a thousand messages is summed up and forgotten', () => {
  const repeats = new Repeats({ limit: 1, windowMs: 1_000, clock: new FakeClock() })
  const sums: string[] = []
  const admit = (message: string): boolean => repeats.admit(message, (count) => sums.push(`${message} ${count}`))
  admit('first')
  admit('first')
  for (let i = 0; i < 1_000; i++) admit(`message ${i}`)
  assert.deepEqual(sums, ['first 1'])
})
