import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, isLogpipeError, LogpipeError } from './errors.ts'

test('a description tells every cause once, outermost first, and ends in a loop of causes', () => {
  const socket = new Error('connect ECONNREFUSED')
  const outer = new LogpipeError('kafka_unavailable', 'No broker answers.', { cause: socket, retriable: true })
  assert.equal(describeError(outer), 'No broker answers: connect ECONNREFUSED')
  const loop = new Error('a')
  loop.cause = loop
  assert.equal(describeError(loop), 'a')
  assert.equal(describeError('text'), 'text')
})

test('errors are told apart by code, and carry retriable and cause', () => {
  const cause = new Error('x')
  const error = new LogpipeError('disk_full', 'The disk is full.', { cause })
  assert.deepEqual(
    [isLogpipeError(error), isLogpipeError(error, 'disk_full'), isLogpipeError(error, 'aborted')],
    [true, true, false],
  )
  assert.deepEqual([error.retriable, error.cause], [false, cause])
  assert.ok(!isLogpipeError(cause))
})
