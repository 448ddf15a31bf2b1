import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { Turns } from './turns.ts'

const never = new AbortController().signal

test('permits go to who waits longest; who gives up waiting takes none', async () => {
  const turns = new Turns(1)
  const order: string[] = []
  const stop = new AbortController()
  await turns.take(never)
  const a = turns.take(never).then(() => order.push('a'))
  const gone = turns.take(stop.signal)
  const b = turns.take(never).then(() => order.push('b'))
  stop.abort()
  await assert.rejects(gone, (error) => isLogpipeError(error, 'aborted'))
  turns.give()
  await a
  assert.deepEqual(order, ['a'])
  turns.give()
  await b
  assert.deepEqual(order, ['a', 'b'])
  turns.give()
  await turns.take(never)
})

test('every other permit goes to the oldest work', async () => {
  const turns = new Turns(1)
  await turns.take(never)
  const order: string[] = []
  const wishes: [string, number][] = [
    ['a', 5],
    ['b', 4],
    ['old', 1],
    ['older', 0],
  ]
  const all = wishes.map(([name, timeMs]) => turns.take(never, timeMs).then(() => order.push(name)))
  for (const _ of wishes) {
    turns.give()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(all)
  assert.deepEqual(order, ['a', 'older', 'b', 'old'])
})

test('an aborted signal gets no permit, even where one is free', async () => {
  const turns = new Turns(1)
  await assert.rejects(turns.take(AbortSignal.abort()), (error) => isLogpipeError(error, 'aborted'))
  await turns.take(never)
})
