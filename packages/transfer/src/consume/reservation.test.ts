import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { Reservation, readReservation, reservationText } from './reservation.ts'

const never = new AbortController().signal

/** A reservation whose commits are stored, `refused` of them not; each is written down. */
function reservation(metadata: string | null, logEnd: number, refused = 0): { made: Reservation; commits: number[] } {
  const commits: number[] = []
  const made: Reservation = new Reservation({
    metadata,
    logEnd: () => logEnd,
    commit: async () => {
      const { next } = made
      if (next === null) return
      commits.push(next)
      if (commits.length > refused) made.store(next)
    },
    backoff: { baseMs: 1, maxMs: 2 },
  })
  return { made, commits }
}

test('metadata is read as it was written; any other text is none', () => {
  assert.equal(readReservation(reservationText(0)), 0)
  assert.equal(readReservation(reservationText(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER)
  for (const other of ['', 'reserved=', 'reserved=-1', 'reserved=1 ', 'x', `reserved=${2 ** 53}`]) {
    assert.equal(readReservation(other), null, other)
  }
})

test('nothing may be sent before a commit covers it; a commit covers much more than is asked for', async () => {
  const { made, commits } = reservation(null, 0, 2)
  await made.take(500, never)
  assert.equal(commits.length, 3)
  assert.ok(made.stored > 100_000)
  await made.take(1_000, never)
  assert.equal(commits.length, 3)
})

test('it is extended when half of it is used, before it is used up', async () => {
  const { made, commits } = reservation('reserved=0', 0)
  await made.take(1, never)
  const first = made.stored
  await made.take(Math.floor(first / 2) - 10, never)
  assert.equal(commits.length, 1)
  await made.take(Math.ceil(first / 2) + 10, never)
  assert.equal(commits.length, 2)
  assert.ok(made.stored > first)
})

test('suspects are those below the reservation found, and without one all that the log has', async () => {
  const found = reservation('reserved=700', 5_000).made
  const none = reservation('', 5_000).made
  const fresh = reservation(null, 5_000).made
  for (const made of [found, none, fresh]) await made.take(10, never)
  assert.deepEqual([found.suspectBelow, none.suspectBelow, fresh.suspectBelow], [700, 5_000, 5_000])
})

test('while the end of the log is not known, nothing is reserved that would hide what was sent before', () => {
  assert.equal(reservation('', 5_000).made.next, null)
  assert.equal(reservation('', 5_000).made.last(0), null)
})

test('a commit never reserves less than what may have been sent before', async () => {
  const { made } = reservation('', 5_000_000)
  await made.take(10, never)
  assert.ok(made.stored >= 5_000_000)
})

test('the last commit leaves no suspects where all is accepted, and those there are where it is not', async () => {
  const { made } = reservation('reserved=700', 5_000)
  await made.take(1_000, never)
  assert.equal(made.last(1_000), 1_000)
  assert.equal(made.last(800), 1_000)
  assert.equal(made.last(600), 1_000)
  assert.equal(reservation('reserved=700', 0).made.last(100), 700)
  assert.equal(reservation('reserved=700', 0).made.last(700), 700)
})

test('where reading goes back, all that the log has then is suspect and has to be reserved anew', async () => {
  const { made, commits } = reservation('reserved=1000000', 300)
  await made.take(900_000, never)
  const before = commits.length
  made.goBack()
  assert.equal(made.suspectBelow, 300)
  await made.take(10, never)
  assert.equal(commits.length, before + 1)
  assert.ok(made.stored < 1_000_000)
})

test('waiting for a commit ends with the signal', async () => {
  const { made } = reservation(null, 0, 1_000_000)
  await assert.rejects(made.take(1, AbortSignal.timeout(20)), (error) => isLogpipeError(error, 'aborted'))
})
