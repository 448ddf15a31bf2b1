import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import fc from 'fast-check'
import { sampleCheckpoint } from '../conformance.ts'
import { SqliteRegistry } from './registry.ts'

const parts = ['registry.db', 'registry.db-wal'] as const
const blockBytes = 4_096

/** A file as it was when it was synced last, and as it is. */
interface Copies {
  synced: Buffer
  written: Buffer
}

/** What a power cut may find, and what it must not take away: by source, how far it was acknowledged. */
interface Moment {
  database: Copies
  log: Copies
  durable: ReadonlyMap<string, number>
}

const save = fc.record({
  sources: fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }),
  kind: fc.constantFrom('lazy', 'durable', 'lasting'),
})
const cut = fc.record({
  moment: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  blocks: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  isLogOld: fc.boolean(),
  logShare: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('a power cut at any moment takes away nothing that was saved durably', async (t) => {
  const dir = LogDir.create(t)
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(save, { minLength: 3, maxLength: 25 }),
      fc.array(cut, { minLength: 5 }),
      async (saves, cuts) => {
        const folder = dir.file(`live${run++}`)
        const moments = await record(folder, saves)
        for (const { moment, ...how } of cuts) {
          const at = moments[Math.floor(moment * moments.length)] as Moment
          const left = dir.file(`left${run++}`)
          leave(left, at, how)
          await assertKept(left, at.durable)
          rmSync(left, { recursive: true })
        }
        rmSync(folder, { recursive: true })
      },
    ),
    { numRuns: 60 },
  )
})

/** Saves, each time to greater offsets; what a power cut would find before each sync of a file and after each save. */
async function record(folder: string, saves: readonly { sources: number[]; kind: string }[]): Promise<Moment[]> {
  const synced = new Map<string, Buffer>()
  const durable = new Map<string, number>()
  const moments: Moment[] = []
  const copies = (part: (typeof parts)[number]): Copies => {
    const written = readFileSync(join(folder, part))
    return { synced: synced.get(part) ?? written, written }
  }
  const look = (): void =>
    void moments.push({ database: copies('registry.db'), log: copies('registry.db-wal'), durable: new Map(durable) })
  const registry = SqliteRegistry.open(folder, silentLogger, async (fd) => {
    look()
    const path = readlinkSync(`/proc/self/fd/${fd}`)
    synced.set(path.slice(folder.length + 1), readFileSync(path))
  })
  for (const part of parts) synced.set(part, readFileSync(join(folder, part)))
  for (const [index, { sources, kind }] of saves.entries()) {
    const put = sources.map((n) => sampleCheckpoint({ sourceId: `${n}`.padStart(16, '0'), acked: index + 1 }))
    await registry.save({ put, remove: [], isLasting: kind === 'lasting' }, { durable: kind !== 'lazy' })
    if (kind !== 'lazy') for (const { sourceId, acked } of put) durable.set(sourceId, acked)
    look()
  }
  await registry.close()
  return moments
}

/**
 * The database is overwritten in place: of what was not synced any block may be on the disk. The log of changes is emptied before it is
 * written anew: it is as it was, or anew up to somewhere.
 */
function leave(
  folder: string,
  { database, log }: Moment,
  { blocks, isLogOld, logShare }: { blocks: boolean[]; isLogOld: boolean; logShare: number },
): void {
  mkdirSync(folder)
  const torn = Buffer.from(database.written)
  for (let at = 0, i = 0; at < database.synced.length; at += blockBytes, i++) {
    if (blocks[i % blocks.length] === true) database.synced.copy(torn, at, at, at + blockBytes)
  }
  writeFileSync(join(folder, 'registry.db'), torn)
  // What is appended to a log that was synced leaves the part that was.
  const isAppended = log.written.subarray(0, log.synced.length).equals(log.synced)
  const least = isAppended ? log.synced.length : 0
  const length = least + Math.floor(logShare * (log.written.length - least))
  const cutLog = isLogOld ? log.synced : log.written.subarray(0, length)
  writeFileSync(join(folder, 'registry.db-wal'), cutLog)
}

async function assertKept(folder: string, durable: ReadonlyMap<string, number>): Promise<void> {
  const registry = SqliteRegistry.open(folder, silentLogger)
  const { checkpoints, origin } = await registry.load()
  await registry.close()
  assert.equal(origin, 'kept')
  const acked = new Map(checkpoints.map((one) => [one.sourceId, one.acked]))
  for (const [sourceId, least] of durable) {
    const kept = acked.get(sourceId) ?? -1
    assert.ok(kept >= least, `${sourceId} was saved at ${least} and comes back at ${kept}`)
  }
}
