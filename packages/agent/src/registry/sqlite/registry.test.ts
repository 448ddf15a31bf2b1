import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import fc from 'fast-check'
import { registryConformance, sampleCheckpoint } from '../conformance.ts'
import type { RegistryContent } from '../registry.ts'
import { lookIntoRegistry } from './look.ts'
import { SqliteRegistry } from './registry.ts'

registryConformance('sqlite', (t) => {
  const folder = LogDir.create(t).file('data')
  return async () => SqliteRegistry.open(folder, silentLogger)
})

const id = (n: number): string => String(n).padStart(16, '0')

test('a second process on the same folder is refused', (t) => {
  const folder = LogDir.create(t).path
  const first = SqliteRegistry.open(folder, silentLogger)
  assert.throws(() => SqliteRegistry.open(folder, silentLogger), {
    code: 'registry_broken',
    message: /Another process holds the registry/,
  })
  return first.close()
})

test('killed in the middle of writing, however far the disk got, it opens again and no change is half there', async (t) => {
  const dir = LogDir.create(t)
  const registry = SqliteRegistry.open(dir.file('live'), silentLogger)
  await registry.load()
  for (let acked = 0; acked <= 20; acked++) {
    const put = [0, 1].map((n) => sampleCheckpoint({ sourceId: id(n), acked }))
    await registry.save({ put, remove: [] }, { durable: acked % 3 === 0 })
  }
  const wal = statSync(dir.file('live/registry.db-wal')).size
  let copies = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(wal), async (written) => {
      const copy = dir.file(`copy${copies++}`)
      mkdirSync(copy)
      for (const name of ['registry.db', 'registry.db-wal']) copyFileSync(dir.file(`live/${name}`), join(copy, name))
      truncateSync(join(copy, 'registry.db-wal'), written)
      const torn = SqliteRegistry.open(copy, silentLogger)
      const { checkpoints } = await torn.load()
      const offsets = checkpoints.map(({ acked }) => acked)
      assert.ok(offsets.length === 0 || (offsets.length === 2 && offsets[0] === offsets[1]), `acked: ${offsets.join()}`)
      if (written === wal) assert.deepEqual(offsets, [20, 20])
      await torn.close()
    }),
    { numRuns: 25, examples: [[wal], [0], [wal - 1]] },
  )
  await registry.close()
})

test('a registry of bytes that are none is moved aside, said so, and a fresh one begun', async (t) => {
  const folder = LogDir.create(t).path
  for (const broken of [Buffer.alloc(0), Buffer.from('no database'), Buffer.alloc(8192, 7)]) {
    writeFileSync(join(folder, 'registry.db'), broken)
    const said: string[] = []
    const log = { ...silentLogger, error: (message: string) => void said.push(message) }
    const registry = SqliteRegistry.open(folder, log)
    const { origin, rebuiltMs } = await registry.load()
    assert.equal(origin, 'rebuilt')
    // Whoever starts next is told, too, also where nothing was written in between.
    await registry.close()
    const next = SqliteRegistry.open(folder, log)
    assert.ok(rebuiltMs !== null && Math.abs(Date.now() - rebuiltMs) < 60_000)
    assert.equal((await next.load()).rebuiltMs, rebuiltMs)
    assert.deepEqual(said, [
      'The registry is broken and was moved aside; all files are sent again from their beginning',
    ])
    await next.save({ put: [sampleCheckpoint()], remove: [] }, { durable: true })
    await next.close()
  }
  assert.equal(readdirSync(folder).filter((name) => name.includes('.broken-')).length, 3)
})

test('a flipped bit anywhere is found: it never gives a checkpoint that was not written', async (t) => {
  const dir = LogDir.create(t)
  const registry = SqliteRegistry.open(dir.file('live'), silentLogger)
  const written = Array.from({ length: 50 }, (_, n) => sampleCheckpoint({ sourceId: id(n), acked: n * 1_000 }))
  await registry.load()
  await registry.save({ put: written, remove: [] }, { durable: true })
  await registry.close()
  const whole = readFileSync(dir.file('live/registry.db'))
  const known = new Map(written.map((checkpoint) => [checkpoint.sourceId, checkpoint]))
  let copies = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const copy = dir.file(`flip${copies++}`)
      mkdirSync(copy)
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ (1 << bit)
      writeFileSync(join(copy, 'registry.db'), bytes)
      const flipped = SqliteRegistry.open(copy, silentLogger)
      const { checkpoints } = await flipped.load()
      for (const checkpoint of checkpoints) assert.deepEqual(checkpoint, known.get(checkpoint.sourceId))
      await flipped.close()
    }),
    { numRuns: 60 },
  )
})

const noEpochs = { current: 0, start: 0, before: 0 }
/** What a registry of that version did not know, and how it looked. */
const former = [
  [2, { epochs: noEpochs, realPath: null }, ['epoch', 'epoch_start', 'epoch_before', 'real_path']],
  [3, { realPath: null }, ['real_path']],
] as const

for (const [version, unknown, columns] of former) {
  test(`a registry of version ${version} keeps its checkpoints, for whoever looks into it and for the agent`, async (t) => {
    const folder = LogDir.create(t).path
    const written = [0, 1].map((n) => sampleCheckpoint({ sourceId: id(n), ...unknown }))
    const first = SqliteRegistry.open(folder, silentLogger)
    await first.save({ put: written, remove: [], startedEntries: ['web'] }, { durable: true })
    await first.close()
    const db = new DatabaseSync(join(folder, 'registry.db'))
    for (const column of columns) db.exec(`ALTER TABLE checkpoints DROP COLUMN ${column}`)
    db.exec(`DROP TABLE rebuilt; PRAGMA user_version = ${version}`)
    db.close()
    const look = lookIntoRegistry(folder)
    assert.deepEqual(look, { state: 'readable', checkpoints: written, damaged: 0 })
    const registry = SqliteRegistry.open(folder, silentLogger)
    const { checkpoints, startedEntries, origin } = await registry.load()
    assert.deepEqual([checkpoints, [...startedEntries], origin], [written, ['web'], 'kept'])
    const moved = sampleCheckpoint({ sourceId: id(0) })
    await registry.save({ put: [moved], remove: [], isLasting: true }, { durable: true })
    await registry.close()
    const again = SqliteRegistry.open(folder, silentLogger)
    assert.deepEqual((await again.load()).checkpoints, [moved, written[1]])
    await again.close()
  })
}

test('damaged rows are said, left out and removed: the next start finds a whole registry that knows when it was not', async (t) => {
  const folder = LogDir.create(t).path
  const first = SqliteRegistry.open(folder, silentLogger)
  await first.load()
  const put = [0, 1].map((n) => sampleCheckpoint({ sourceId: id(n) }))
  await first.save({ put, remove: [], startedEntries: ['a', 'b'], plan: '[]' }, { durable: true })
  await first.close()
  const db = new DatabaseSync(join(folder, 'registry.db'))
  db.exec(`UPDATE checkpoints SET acked = acked + 1 WHERE source_id = '${id(0)}'`)
  db.exec("UPDATE entries SET crc = crc + 1 WHERE id = 'a'; UPDATE plan SET crc = crc + 1")
  db.close()
  const starts = []
  for (let i = 0; i < 2; i++) {
    const registry = SqliteRegistry.open(folder, silentLogger)
    starts.push(await registry.load())
    await registry.close()
  }
  const [{ rebuiltMs: found, ...before }, { rebuiltMs, ...after }] = starts as [RegistryContent, RegistryContent]
  const whole = { checkpoints: [put[1]], startedEntries: new Set(['b']), plan: null }
  assert.deepEqual(
    [before, after],
    [
      { ...whole, origin: 'rebuilt' },
      { ...whole, origin: 'kept' },
    ],
  )
  assert.ok(found !== null && rebuiltMs !== null && Math.abs(found - rebuiltMs) < 1_000)
})

test('what is lasting stands in the database itself: its log of changes may be lost', async (t) => {
  const dir = LogDir.create(t)
  const registry = SqliteRegistry.open(dir.file('live'), silentLogger)
  const moved = sampleCheckpoint()
  await registry.save({ put: [moved], remove: [], isLasting: true }, { durable: true })
  mkdirSync(dir.file('copy'))
  copyFileSync(dir.file('live/registry.db'), dir.file('copy/registry.db'))
  const alone = SqliteRegistry.open(dir.file('copy'), silentLogger)
  assert.deepEqual((await alone.load()).checkpoints, [moved])
  await alone.close()
  await registry.close()
})

test('a folder that may not be made is a sentence, and nothing is moved', (t) => {
  const dir = LogDir.create(t)
  dir.append('file', 'x')
  assert.throws(() => SqliteRegistry.open(dir.file('file/data'), silentLogger), { code: 'registry_broken' })
  assert.ok(existsSync(dir.file('file')))
})

test('100,000 checkpoints load in under a second', async (t) => {
  const registry = SqliteRegistry.open(LogDir.create(t).path, silentLogger)
  const put = Array.from({ length: 100_000 }, (_, n) => sampleCheckpoint({ sourceId: id(n), ino: BigInt(n) }))
  await registry.save({ put, remove: [] }, { durable: false })
  const began = process.cpuUsage()
  const { checkpoints } = await registry.load()
  const { user, system } = process.cpuUsage(began)
  t.diagnostic(`${Math.round((user + system) / 1_000)} ms of CPU`)
  assert.equal(checkpoints.length, 100_000)
  // CPU time, because the tests share their machine: nothing here waits for anything else.
  assert.ok(user + system < 1_000_000, `${user + system} µs of CPU`)
  await registry.close()
})
