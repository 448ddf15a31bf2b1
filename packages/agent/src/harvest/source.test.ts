import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyPrint } from '../discover/fingerprint.ts'
import { sampleCheckpoint } from '../registry/conformance.ts'
import { Source } from './source.ts'
import type { SourceKeeper } from './source-keeper.ts'

/** Takes note of nothing; the time is in epoch 2. */
const keeper: { -readonly [K in keyof SourceKeeper]: SourceKeeper[K] } = {
  epoch: 2,
  epochBytes: 1,
  isFailing: false,
  touched: () => {},
}
const tail = Buffer.from('x')

/** Acknowledged to 10, reserved to 100, in epoch 1 from 10 on; so many bytes of it were found. */
function resumed(size: number): Source {
  const epochs = { current: 1, start: 10, before: 0 }
  const checkpoint = sampleCheckpoint({ epochs, acked: 10, cursor: emptyPrint, reserved: 100 })
  return Source.resume(checkpoint, size, keeper)
}

/** Reads on to `offset`, all of which is acknowledged. */
function read(source: Source, offset: number, bytes: Buffer | null = tail): void {
  const from = source.read
  source.read = offset
  source.acknowledge(from, offset, bytes)
}

test('a source moves on behind what may have been sent before the start, not sooner', () => {
  const source = resumed(40)
  read(source, 39)
  assert.equal(source.moveOn(), false)
  read(source, 40)
  assert.equal(source.moveOn(), true)
  assert.equal(source.epoch, 2)
})

test('of a packed file, all that was reserved may have been sent, whatever its size is', () => {
  const source = resumed(11)
  source.unpacked()
  read(source, 99)
  assert.equal(source.moveOn(), false)
  read(source, 100)
  assert.equal(source.moveOn(), true)
})

test('in whatever file its content goes on, it does not move on sooner', () => {
  const stat = { dev: 1n, ino: 2n, birthtimeNs: 1n, mtimeNs: 1n, links: 1, kind: 'file' } as const
  const shorter = resumed(40)
  shorter.moveTo('/a.1', { ...stat, size: 20 })
  read(shorter, 39)
  assert.equal(shorter.moveOn(), false)
  const longer = resumed(0)
  longer.moveTo('/a.1', { ...stat, size: 40 })
  read(longer, 39)
  assert.equal(longer.moveOn(), false)
})

test('a source moves on once the registry would store an offset behind where the last epoch began', () => {
  const source = resumed(10)
  source.read = 20
  assert.equal(source.moveOn(), true)
  assert.deepEqual([source.epoch, source.epochEnd, source.checkpoint(0).acked], [2, Infinity, 10])
  keeper.epoch = 3
  source.read = 30
  assert.equal(source.moveOn(), false)
  source.acknowledge(10, 20, null)
  assert.equal(source.acked, 20)
  assert.equal(source.moveOn(), false)
  source.acknowledge(20, 30, tail)
  assert.equal(source.moveOn(), false, 'the registry does not have the epoch before')
  source.stored(source.checkpoint(0))
  assert.equal(source.moveOn(), true)
  assert.deepEqual(source.checkpoint(0).epochs, { current: 3, start: 30, before: 2 })
  keeper.epoch = 2
})

test('what is read again is sent in the epoch it was sent in', () => {
  const checkpoint = sampleCheckpoint({ epochs: { current: 2, start: 30, before: 1 }, acked: 10, reserved: 100 })
  const source = Source.resume(checkpoint, 40, keeper)
  assert.deepEqual([source.epoch, source.epochEnd], [1, 30])
  source.read = 29
  assert.deepEqual([source.epoch, source.epochEnd], [1, 30])
  source.read = 30
  assert.deepEqual([source.epoch, source.epochEnd], [2, Infinity])
})

test('nothing is sent in an epoch that the registry does not have; who closes the source before that leaves it in the one before', () => {
  const source = resumed(10)
  read(source, 20)
  assert.equal(source.canSend(0), true)
  assert.equal(source.moveOn(), true)
  assert.ok(source.prepare(0) && source.hasMoved && !source.canSend(0))
  assert.equal(source.checkpoint(0, true).epochs.current, 1)
  source.notStored()
  assert.ok(source.epoch === 1 && source.canSend(0))
  read(source, 30)
  assert.equal(source.moveOn(), true)
  source.stored(source.checkpoint(0))
  assert.ok(source.canSend(0) && !source.hasMoved)
  assert.equal(source.checkpoint(0, true).epochs.current, 2)
})

test('what the registry is being told counts when it has it, and need not be told twice', () => {
  const source = resumed(10)
  source.read = 90
  assert.equal(source.prepare(20), true)
  source.offered(source.checkpoint(0))
  assert.equal(source.prepare(20), false)
  assert.deepEqual([source.canSend(20), source.sendableUntil], [false, 100])
  source.notStored()
  assert.equal(source.prepare(20), true)
  const offered = source.checkpoint(0)
  source.offered(offered)
  source.cut = 95
  assert.equal(source.prepare(20), true, 'it has changed since')
  source.stored(offered)
  assert.equal(source.canSend(20), false)
  source.stored(source.checkpoint(0))
  assert.equal(source.canSend(20), true)
})
