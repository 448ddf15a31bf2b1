import assert from 'node:assert/strict'
import { test } from 'node:test'
import { together } from './together.ts'

const untilAbort = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

test('the first that throws ends the others, and is told when they have ended', async () => {
  let ended = 0
  const slow = async (signal: AbortSignal): Promise<void> => {
    await untilAbort(signal)
    await new Promise((resolve) => setImmediate(resolve))
    ended++
    throw new Error('second')
  }
  const failing = together([slow, () => Promise.reject(new Error('first')), slow], new AbortController().signal)
  await assert.rejects(failing, /first/)
  assert.equal(ended, 2)
})

test('all end with the signal', async () => {
  const stop = new AbortController()
  const done = together([untilAbort, untilAbort], stop.signal)
  stop.abort()
  await done
})
