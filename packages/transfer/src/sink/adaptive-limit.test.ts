import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@logpipe/runtime'
import fc from 'fast-check'
import { AdaptiveLimit } from './adaptive-limit.ts'

const never = new AbortController().signal

/** A limit that more is wanted of than it gives, always. */
function make(max: number): { limit: AdaptiveLimit; clock: FakeClock } {
  const clock = new FakeClock()
  const limit = new AdaptiveLimit({ max, clock })
  for (let i = 0; i < max + 2; i++) void limit.take(never)
  return { limit, clock }
}

/** Answers of a server that works on `capacity` requests at once without slowing down; for so many seconds. */
function serve({ limit, clock }: ReturnType<typeof make>, capacity: number, seconds: number, noise = () => 1): number {
  const end = clock.monotonic() + seconds * 1_000
  let most = 0
  while (clock.monotonic() < end) {
    const ms = 100 * Math.max(1, limit.current / capacity) * noise()
    clock.advance(ms / limit.current)
    limit.answered(ms)
    most = Math.max(most, limit.current)
  }
  return most
}

test('it grows while latency holds, up to what the server has room for', () => {
  for (const capacity of [3, 5, 12]) {
    const made = make(64)
    serve(made, capacity, 60)
    assert.ok(Math.abs(made.limit.current - capacity) <= 1, `${made.limit.current} for ${capacity}`)
  }
})

test('a server that is busy with two gets no third', () => {
  const made = make(64)
  assert.ok(serve(made, 2, 3_600) <= 3)
  assert.ok(made.limit.current <= 2)
})

test('it never leaves its bounds, whatever the answers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.constant(null)), { maxLength: 400 }),
      (max, answers) => {
        const { limit, clock } = make(max)
        for (const ms of answers) {
          clock.advance(ms ?? 700)
          if (ms === null) limit.overloaded()
          else limit.answered(ms)
          assert.ok(limit.current >= 1 && limit.current <= max)
        }
      },
    ),
  )
})

test('overload halves it at once, and once for all requests that were under way', () => {
  const made = make(64)
  serve(made, 16, 60)
  const before = made.limit.current
  assert.ok(before >= 15)
  made.limit.overloaded()
  made.limit.overloaded()
  assert.equal(made.limit.current, Math.floor(before / 2))
  made.clock.advance(1_000)
  made.limit.overloaded()
  assert.equal(made.limit.current, Math.floor(Math.floor(before / 2) / 2))
  for (let i = 0; i < 10; i++) {
    made.clock.advance(1_000)
    made.limit.overloaded()
  }
  assert.equal(made.limit.current, 1)
})

test('after an overload it waits, then grows again', () => {
  const made = make(64)
  serve(made, 8, 60)
  made.limit.overloaded()
  const halved = made.limit.current
  assert.equal(serve(made, 8, 25), halved)
  serve(made, 8, 60)
  assert.ok(made.limit.current >= 7)
})

test('it shrinks where the server has less room than it had', () => {
  const made = make(64)
  serve(made, 12, 60)
  serve(made, 3, 3_600)
  assert.ok(made.limit.current <= 4, `${made.limit.current}`)
})

test('noise of a quarter does not carry it away', () => {
  const made = make(64)
  let seed = 7
  const noise = (): number => {
    seed = (seed * 16_807) % 2_147_483_647
    return 0.75 + seed / 2_147_483_647 / 2
  }
  assert.ok(serve(made, 4, 7_200, noise) <= 8)
  assert.ok(made.limit.current >= 2)
})

test('where nobody waits for a permit, answers teach nothing', () => {
  const clock = new FakeClock()
  const limit = new AdaptiveLimit({ max: 64, clock })
  for (let i = 0; i < 1_000; i++) {
    clock.advance(100)
    limit.answered(100)
  }
  assert.equal(limit.current, 2)
})

test('permits follow the limit: fewer when it was halved, more when it has grown', async () => {
  const clock = new FakeClock()
  const limit = new AdaptiveLimit({ max: 4, clock })
  await limit.take(never)
  await limit.take(never)
  let granted = 0
  for (let i = 0; i < 6; i++) void limit.take(never).then(() => granted++)
  limit.overloaded()
  assert.equal(limit.current, 1)
  limit.give()
  await Promise.resolve()
  assert.equal(granted, 0)
  limit.give()
  await Promise.resolve()
  assert.equal(granted, 1)
  clock.advance(60_000)
  while (limit.current < 3) {
    clock.advance(100)
    limit.answered(100)
  }
  await Promise.resolve()
  assert.equal(granted, 3)
})

test('after an overload a server that gains less than half from a second request gets its two again', () => {
  const made = make(64)
  for (let i = 0; i < 8; i++) {
    made.limit.overloaded()
    made.clock.advance(1_000)
  }
  assert.equal(made.limit.current, 1)
  // 1.4 times as much with two: it would not have got a third for that.
  serve(made, 1.4, 600)
  assert.equal(made.limit.current, 2)
})
