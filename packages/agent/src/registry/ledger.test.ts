import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, FakeClock, silentLogger } from '@logpipe/runtime'
import { AgentEvents } from '../events.ts'
import { Source } from '../harvest/source.ts'
import { sampleCheckpoint } from './conformance.ts'
import { Ledger } from './ledger.ts'
import { MemoryDisk, MemoryRegistry } from './memory.ts'

const events = new AgentEvents(silentLogger, createMetrics('test'))
const day = 24 * 3_600_000

async function ledgerOn(disk: MemoryDisk, clock: FakeClock): Promise<Ledger> {
  const ledger = new Ledger({ registry: new MemoryRegistry(disk), events, clock, flushMs: 1_000, forgetMs: day })
  await ledger.load()
  return ledger
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
  const stat = { dev: 1n, ino: 1n, birthtimeNs: 1n, mtimeNs: 1n, size: 9, links: 1, kind: 'file' } as const
  const [a, b] = ['a', 'b'].map((path) => {
    const source = Source.begin({ path, identity: stat }, { id: 'e', topic: 't' }, ledger)
    ledger.began(source)
    ledger.hurry(source)
    return source
  }) as [Source, Source]
  assert.equal(await ledger.write(clock.monotonic(), false), false)
  assert.equal(a.canSend(0), false)
  clock.advance(20)
  assert.equal(await ledger.write(clock.monotonic(), false), true)
  assert.ok(a.canSend(0) && b.canSend(0))
  disk.losePower()
  assert.equal(ids(disk).length, 2, 'durable')
  ledger.hurry(a)
  assert.equal(await ledger.write(clock.monotonic(), true), true)
})
