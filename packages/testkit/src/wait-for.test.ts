import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { waitFor } from './wait-for.ts'

test('returns the first truthy thing seen, past looks that throw', async () => {
  let looks = 0
  const seen = await waitFor(
    () => {
      looks++
      if (looks === 1) throw new Error('not there')
      return looks > 2 && `look ${looks}`
    },
    { what: 'the third look', everyMs: 1 },
  )
  assert.equal(seen, 'look 3')
})

test('after the deadline the error says what was awaited and why the last look failed', async () => {
  const wait = waitFor(() => Promise.reject(new Error('connection refused')), {
    what: 'the broker',
    deadlineMs: 30,
    everyMs: 5,
  })
  await assert.rejects(
    wait,
    (error) =>
      isLogpipeError(error, 'deadline_exceeded') &&
      /Waited 0.03 s for the broker in vain; .*connection refused/.test(error.message),
  )
})

test('a look that hangs is cut off, and told so by its signal', async () => {
  let told = false
  const wait = waitFor(
    (signal) =>
      new Promise<boolean>(() => {
        signal.addEventListener('abort', () => {
          told = true
        })
      }),
    { what: 'a hanging server', deadlineMs: 20 },
  )
  await assert.rejects(wait, /Waited 0.02 s for a hanging server in vain; no look came back/)
  assert.equal(told, true)
})
