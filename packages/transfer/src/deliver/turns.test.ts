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

test('an aborted signal gets no permit, even where one is free', async () => {
  const turns = new Turns(1)
  await assert.rejects(turns.take(AbortSignal.abort()), (error) => isLogpipeError(error, 'aborted'))
  await turns.take(never)
})
