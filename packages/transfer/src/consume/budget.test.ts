import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import fc from 'fast-check'
import { ByteBudget } from './budget.ts'

const never = new AbortController().signal

test('the common half goes to who comes first; behind it each share has its own part', () => {
  const budget = new ByteBudget(1_000)
  const greedy = budget.open()
  const modest = budget.open()
  greedy.take(500)
  assert.equal(greedy.allowance, 0, 'greedy is above its part of 250 and the common half is used up')
  assert.equal(modest.allowance, 250)
  modest.take(250)
  assert.equal(modest.allowance, 0)
  greedy.give(300)
  assert.equal(modest.allowance, 50)
})

test('who waits is admitted when bytes come back, longest first, and takes them in the same turn', async () => {
  const budget = new ByteBudget(100)
  const a = budget.open()
  const b = budget.open()
  a.take(100)
  const order: string[] = []
  const first = a.admit(40, never).then(() => order.push('first'))
  const second = b.admit(40, never).then(() => order.push('second'))
  a.give(60)
  await Promise.all([first, second])
  assert.deepEqual(order, ['first', 'second'])
  assert.equal(budget.usedBytes, 120)
})

test('a wait ends when its signal aborts, and leaves nothing behind', async () => {
  const budget = new ByteBudget(100)
  const share = budget.open()
  share.take(100)
  const stop = new AbortController()
  const waiting = share.admit(10, stop.signal)
  stop.abort()
  await assert.rejects(waiting, (error) => isLogpipeError(error, 'aborted'))
  share.give(100)
  assert.equal(budget.usedBytes, 0)
})

test('a closed share gives back all it has, once, and admits the others', async () => {
  const budget = new ByteBudget(100)
  const gone = budget.open()
  const other = budget.open()
  gone.take(100)
  const waiting = other.admit(10, never)
  gone.close()
  await waiting
  gone.give(100)
  gone.close()
  assert.equal(budget.usedBytes, 10)
})

test('whatever is taken and given, no share below its part waits for others, and the bound holds', () => {
  const step = fc.record({ share: fc.nat(3), bytes: fc.integer({ min: 1, max: 100 }), give: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const budget = new ByteBudget(1_000)
      const shares = [budget.open(), budget.open(), budget.open(), budget.open()]
      for (const { share: index, bytes, give } of steps) {
        const share = shares[index] as (typeof shares)[number]
        if (give) share.give(Math.min(bytes, share.usedBytes))
        else if (share.allowance > 0) share.take(bytes)
        assert.ok(budget.usedBytes < budget.maxBytes + 100, 'at most one take over the bound')
        assert.equal(
          budget.usedBytes,
          shares.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
        )
        const usedUp = budget.usedBytes >= budget.maxBytes
        for (const { usedBytes, allowance } of shares) {
          if (usedBytes < 125 && !usedUp) assert.ok(allowance > 0)
        }
      }
    }),
  )
})
