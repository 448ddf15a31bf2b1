import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Bulk } from './bulk.ts'
import { RetryingSink } from './retrying.ts'
import { allAccepted, type Sink } from './sink.ts'

/** A sink that throws these, one a try, and then accepts. */
function failing(...errors: Error[]): RetryingSink {
  const sink: Sink = {
    write: async (bulk) => {
      const error = errors.shift()
      if (error !== undefined) throw error
      return allAccepted(bulk.count)
    },
    close: async () => {},
  }
  return new RetryingSink(sink, { backoff: { baseMs: 1, maxMs: 1 } })
}

const bulk = (): Bulk => new Bulk({ maxBytes: 1, maxItems: 1 }, 1)
const never = new AbortController().signal

test('what a server does is tried again for as long as it takes, with an odd answer among it', async () => {
  const away = Array.from({ length: 50 }, () => new LogpipeError('elasticsearch_unavailable', 'It is away.'))
  const sent = bulk()
  await failing(...away, new TypeError('items is not iterable'), ...away).write(sent, never)
  assert.equal(sent.attempts, 102)
})

test('a fault of our own is not tried for ever: it is thrown, so that somebody sees it', async () => {
  const fault = new TypeError('x is not a function')
  const sent = bulk()
  await assert.rejects(failing(...Array.from({ length: 50 }, () => fault)).write(sent, never), fault)
  assert.equal(sent.attempts, 5)
})
