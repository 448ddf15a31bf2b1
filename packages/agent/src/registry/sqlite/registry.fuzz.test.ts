import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import fc from 'fast-check'
import { sampleCheckpoint } from '../conformance.ts'
import type { Checkpoint } from '../registry.ts'
import { SqliteRegistry } from './registry.ts'

const parts = ['registry.db', 'registry.db-wal', 'registry.db-shm'] as const
const plan = JSON.stringify({ 'collect/hosts/192.0.2.1': [{ path: '/var/log/*.log', topic: 'web_log' }] })
/** What opening, checking and loading may take on a busy machine: more is a hang. */
const patienceMs = 20_000

type Damage = (bytes: Buffer) => Buffer | null

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc
    .record({ where: fc.double({ min: 0, max: 1, noNaN: true }), bit: fc.nat(7) })
    .map(({ where, bit }): Damage => (bytes) => {
      const at = Math.floor(where * (bytes.length - 1))
      if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << bit)
      return bytes
    }),
  // What random places seldom hit: the schema, the rows that are few, the version.
  fc
    .record({
      text: fc.constantFrom('source_id TEXT', 'json', 'web', 'web_log', 'entries', 'collect/hosts'),
      letter: fc.nat(2),
      bit: fc.nat(6),
    })
    .map(({ text, letter, bit }): Damage => (bytes) => {
      for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
        bytes[at + letter] = (bytes[at + letter] as number) ^ (1 << bit)
      }
      return bytes
    }),
  fc.constant((bytes: Buffer): Buffer => (bytes.length > 64 ? bytes.fill(0, 60, 64) : bytes)),
  // The first page says what the file is, and how the others are to be read.
  fc.record({ at: fc.nat(120), byte: fc.nat(255) }).map(({ at, byte }): Damage => (bytes) => {
    if (at < bytes.length) bytes[at] = byte
    return bytes
  }),
  fc
    .record({ where: fc.double({ min: 0, max: 1, noNaN: true }), put: fc.uint8Array({ minLength: 1, maxLength: 600 }) })
    .map(({ where, put }): Damage => (bytes) => {
      bytes.set(put.subarray(0, bytes.length), Math.floor(where * Math.max(0, bytes.length - put.length)))
      return bytes
    }),
  fc
    .record({ where: fc.double({ min: 0, max: 1, noNaN: true }), pages: fc.integer({ min: 1, max: 3 }) })
    .map(({ where, pages }): Damage => (bytes) => {
      const start = Math.floor((where * bytes.length) / 4_096) * 4_096
      return bytes.fill(0, start, Math.min(bytes.length, start + pages * 4_096))
    }),
  fc.double({ min: 0, max: 1, noNaN: true }).map(
    (share): Damage =>
      (bytes) =>
        bytes.subarray(0, Math.floor(share * bytes.length)),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 5_000 }).map(
    (more): Damage =>
      (bytes) =>
        Buffer.concat([bytes, more]),
  ),
  fc.constant((): null => null),
)

/** A registry as a killed agent leaves it, and every version of every checkpoint that was ever stored in it. */
async function leave(
  t: TestContext,
  isClosed: boolean,
): Promise<{ folder: string; stored: Map<string, Checkpoint[]> }> {
  const dir = LogDir.create(t)
  const stored = new Map<string, Checkpoint[]>()
  const registry = SqliteRegistry.open(dir.file('live'), silentLogger)
  await registry.load()
  for (let round = 0; round < 12; round++) {
    const put = Array.from({ length: 30 }, (_, n) =>
      sampleCheckpoint({
        sourceId: String(n).padStart(16, '0'),
        acked: round * 1_000 + n,
        path: `/var/log/${'x'.repeat(n * 9)}`,
      }),
    )
    const startedEntries = round === 0 ? ['web', 'db'] : []
    await registry.save({ put, remove: [], startedEntries, plan }, { durable: round % 2 === 0 })
    for (const one of put) stored.set(one.sourceId, [...(stored.get(one.sourceId) ?? []), one])
  }
  mkdirSync(dir.file('left'))
  if (isClosed) await registry.close()
  for (const part of parts)
    if (existsSync(dir.file(`live/${part}`))) copyFileSync(dir.file(`live/${part}`), dir.file(`left/${part}`))
  if (!isClosed) await registry.close()
  return { folder: dir.file('left'), stored }
}

for (const isClosed of [false, true]) {
  const how = isClosed ? 'of an agent that was stopped' : 'of an agent that was killed'
  test(
    `a registry ${how}, damaged anyhow, opens or is moved aside: what it gives was stored`,
    { timeout: 300_000 },
    async (t) => {
      const { folder: left, stored } = await leave(t, isClosed)
      const whole = parts.map((part) =>
        existsSync(join(left, part)) ? readFileSync(join(left, part)) : Buffer.alloc(0),
      )
      const folder = LogDir.create(t).file('data')
      const seen = { kept: 0, rebuilt: 0, fresh: 0 }
      const damages = fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1, 1, 2), damage), { minLength: 1, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(damages, async (list) => {
          rmSync(folder, { recursive: true, force: true })
          mkdirSync(folder)
          const files: (Buffer | null)[] = whole.map((bytes) => Buffer.from(bytes))
          for (const [i, harm] of list) files[i] = files[i] === null ? null : harm(files[i] as Buffer)
          for (const [i, part] of parts.entries()) {
            const bytes = files[i]
            const wasThere = (whole[i] as Buffer).length > 0
            if (bytes && (wasThere || bytes.length > 0)) writeFileSync(join(folder, part), bytes)
          }
          const began = performance.now()
          const said: string[] = []
          const log = { ...silentLogger, error: (message: string) => void said.push(message) }
          const registry = SqliteRegistry.open(folder, log)
          const { checkpoints, startedEntries, plan: kept, origin } = await registry.load()
          assert.ok(performance.now() - began < patienceMs, 'it took too long')
          seen[origin]++
          for (const one of checkpoints) {
            const versions = stored.get(one.sourceId) ?? []
            assert.ok(
              versions.some((version) => isSame(version, one)),
              `never stored: ${one.sourceId} ${one.acked}`,
            )
          }
          assert.equal(new Set(checkpoints.map(({ sourceId }) => sourceId)).size, checkpoints.length)
          for (const id of startedEntries) assert.ok(['web', 'db'].includes(id), `an entry that never was: ${id}`)
          assert.ok(kept === null || kept === plan, 'a plan that never was')
          // An entry that counts as never started would begin at the end of its files: only a registry that says it is new may forget it.
          if (origin === 'kept') assert.equal(startedEntries.size, 2)
          if (origin === 'fresh')
            assert.ok(files.every((bytes, i) => bytes === null || (whole[i]?.length === 0 && bytes.length === 0)))
          assert.equal(said.length > 0, origin === 'rebuilt')
          await registry.save({ put: [sampleCheckpoint({ acked: 7 })], remove: [] }, { durable: true })
          await registry.close()
          const again = SqliteRegistry.open(folder, silentLogger)
          const content = await again.load()
          assert.equal(content.checkpoints.find(({ sourceId }) => sourceId === sampleCheckpoint().sourceId)?.acked, 7)
          await again.close()
        }),
        { numRuns: Number(process.env['LOGPIPE_FUZZ_RUNS'] ?? 150) },
      )
      t.diagnostic(JSON.stringify(seen))
      assert.ok(seen.kept > 5 && seen.rebuilt > 20, JSON.stringify(seen))
    },
  )
}

function isSame(a: Checkpoint, b: Checkpoint): boolean {
  const text = (one: Checkpoint): string =>
    JSON.stringify(one, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return text(a) === text(b)
}
