import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryId } from '@logpipe/config'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { AgentEvents } from '../events.ts'
import { Source } from '../harvest/source.ts'
import { sampleCheckpoint } from './conformance.ts'
import { Ledger } from './ledger.ts'
import { MemoryDisk, MemoryRegistry } from './memory.ts'
import type { RegistryChange } from './registry.ts'

const events = new AgentEvents(silentLogger, createMetrics('test'))
const day = 24 * 3_600_000

async function ledgerOn(disk: MemoryDisk, clock: FakeClock): Promise<Ledger> {
  const ledger = new Ledger({ registry: new MemoryRegistry(disk), events, clock, flushMs: 1_000, forgetMs: day })
  await ledger.load()
  return ledger
}

/** A new source that waits for the registry. */
function started(ledger: Ledger, path: string): Source {
  const stat = { dev: 1n, ino: 1n, birthtimeNs: 1n, mtimeNs: 1n, size: 9, links: 1, kind: 'file' } as const
  const source = Source.begin({ path, identity: stat }, { id: 'e', topic: 't' }, ledger)
  ledger.began(source)
  ledger.hurry(source)
  return source
}

const ids = (disk: MemoryDisk): string[] => disk.read().checkpoints.map(({ sourceId }) => sourceId)

test('finished files are forgotten after a day, others that nobody asks for after thirty', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const seenMs = clock.now()
  const put = [
    sampleCheckpoint({ sourceId: 'finished', state: 'finished', seenMs }),
    sampleCheckpoint({ sourceId: 'unwanted', ino: 2n, state: 'active', seenMs }),
  ]
  disk.write({ put, remove: [] }, true)
  const ledger = await ledgerOn(disk, clock)
  await ledger.write(clock.monotonic(), true)
  assert.deepEqual(ids(disk), ['finished', 'unwanted'])
  clock.advance(1.1 * day)
  await ledger.write(clock.monotonic(), true)
  assert.deepEqual(ids(disk), ['unwanted'])
  clock.advance(30 * day)
  await ledger.write(clock.monotonic(), true)
  assert.deepEqual(ids(disk), [])
})

test('of more finished files than are kept the oldest go', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const put = Array.from({ length: 100_010 }, (_, n) =>
    sampleCheckpoint({ sourceId: `${n}`, ino: BigInt(n), state: 'finished', seenMs: clock.now() + n }),
  )
  disk.write({ put, remove: [] }, true)
  const ledger = await ledgerOn(disk, clock)
  await ledger.write(clock.monotonic(), true)
  const left = new Set(ids(disk))
  assert.equal(left.size, 100_000)
  assert.ok(!left.has('9') && left.has('10'))
})

test('who waits is written at once when all is quiet, within 20 ms when it is not, and shares the write', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const ledger = await ledgerOn(disk, clock)
  await ledger.write(clock.monotonic(), true)
  const [a, b] = [started(ledger, 'a'), started(ledger, 'b')]
  assert.equal(ledger.write(clock.monotonic(), false), null)
  assert.equal(a.canSend(0), false)
  clock.advance(20)
  assert.equal(await ledger.write(clock.monotonic(), false), true)
  assert.ok(a.canSend(0) && b.canSend(0))
  disk.losePower()
  assert.equal(ids(disk).length, 2, 'durable')
  ledger.hurry(a)
  assert.equal(await ledger.write(clock.monotonic(), true), true)
})

/** The next turn of the event loop: whatever does not wait for the disk has happened. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('while the disk takes its time, nothing else is written; what changes meanwhile goes with the next write', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const ledger = await ledgerOn(disk, clock)
  disk.isSlow = true
  const a = started(ledger, 'a')
  const first = ledger.write(clock.monotonic(), true)
  await soon()
  assert.equal(a.canSend(0), false, 'it is not on the disk')
  const b = started(ledger, 'b')
  assert.equal(ledger.write(clock.monotonic(), true), null)
  assert.equal(ledger.dueAt, Infinity)
  disk.catchUp()
  assert.equal(await first, true)
  assert.deepEqual([a.canSend(0), b.canSend(0)], [true, false])
  assert.equal(await ledger.write(clock.monotonic(), true), true)
  assert.equal(b.canSend(0), true)
})

test('a checkpoint, a scan and a plan that come while others are written are written after them', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const ledger = await ledgerOn(disk, clock)
  disk.isSlow = true
  const source = started(ledger, 'a')
  ledger.scanned({ id: 'first', topic: 't', path: '/first' })
  ledger.plan = '{"old":1}'
  const first = ledger.write(clock.monotonic(), true)
  source.state = 'finished'
  ledger.rested(source)
  ledger.scanned({ id: 'second', topic: 't', path: '/second' })
  ledger.plan = '{"new":1}'
  disk.catchUp()
  await first
  clock.advance(1_000)
  await ledger.write(clock.monotonic(), true)
  const { checkpoints, startedEntries, plan } = disk.read()
  assert.deepEqual(
    checkpoints.map(({ state }) => state),
    ['finished'],
  )
  assert.deepEqual([...startedEntries], ['first', entryId('t', '/first'), 'second', entryId('t', '/second')])
  assert.equal(plan, '{"new":1}')
})

test('an orderly end waits for the write that is under way, and writes everything after it', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const ledger = await ledgerOn(disk, clock)
  disk.isSlow = true
  const source = started(ledger, 'a')
  void ledger.write(clock.monotonic(), true)
  source.acknowledge(0, 5, Buffer.from('12345'))
  const last = ledger.writeLast()
  await soon()
  disk.catchUp()
  await last
  assert.deepEqual(
    disk.read().checkpoints.map(({ acked }) => acked),
    [5],
  )
})

test('what takes back an epoch that the registry may have is as lasting as the epoch was', async () => {
  const disk = new MemoryDisk()
  const clock = new FakeClock()
  const lasting: boolean[] = []
  class Watched extends MemoryRegistry {
    override async save(change: RegistryChange, options: { durable: boolean }): Promise<void> {
      lasting.push(change.isLasting === true)
      await super.save(change, options)
    }
  }
  const ledger = new Ledger({
    registry: new Watched(disk),
    events,
    clock,
    flushMs: 1_000,
    forgetMs: day,
    epochBytes: 1,
  })
  await ledger.load()
  const source = started(ledger, 'a')
  await ledger.write(clock.monotonic(), true)
  source.read = 20
  source.acknowledge(0, 20, Buffer.from('x'))
  clock.advance(2_000)
  assert.equal(source.moveOn(), true)
  ledger.rested(source)
  await ledger.write(clock.monotonic(), true)
  clock.advance(2_000)
  ledger.scanned({ id: 'other', topic: 't', path: '/other' })
  await ledger.write(clock.monotonic(), true)
  assert.deepEqual(lasting, [false, true, false])
})
