import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import fc from 'fast-check'
import { sampleCheckpoint } from '../conformance.ts'
import { type Disk, systemDisk } from './disk.ts'
import { SqliteRegistry } from './registry.ts'

const parts = ['registry.db', 'registry.db-wal'] as const
type Part = (typeof parts)[number]
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

interface Save {
  sources: number[]
  kind: string
  failsIn: number
}

const save: fc.Arbitrary<Save> = fc.record({
  sources: fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }),
  kind: fc.constantFrom('lazy', 'durable', 'lasting'),
  failsIn: fc.constantFrom(0, 0, 0, 0, 1, 2),
})
const cut = fc.record({
  moment: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  blocks: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  isLogOld: fc.boolean(),
  logShare: fc.double({ min: 0, max: 1, noNaN: true }),
})

const everyCut = Array.from({ length: 12 }, (_, i) => i / 12).flatMap((moment) =>
  [true, false].flatMap((isLogOld) =>
    [true, false].map((isOld) => ({ moment, isLogOld, blocks: [isOld], logShare: 1 })),
  ),
)

/** Some saves, one of which fails at its first, second or third sync, and others after it. */
function afterFailure(failsIn: number): Save[] {
  const one = { sources: [0], kind: 'durable', failsIn: 0 }
  return [{ ...one, kind: 'lasting' }, one, { ...one, kind: 'lasting', failsIn }, one, { ...one, sources: [1] }]
}

test('a power cut at any moment takes away nothing that was saved durably, also where syncs fail', async (t) => {
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
    { numRuns: 60, examples: [1, 2, 3].map((failsIn) => [afterFailure(failsIn), everyCut]) },
  )
})

/** A disk that a power cut shows as it is: what was synced of each file, and what the system wrongly takes for written. */
class TestDisk implements Disk {
  readonly #folder: string
  readonly #synced = new Map<string, Buffer>()
  readonly #given = new Map<string, Buffer>()
  /** Called before each sync. */
  look = (): void => {}
  /** So many syncs from now on, one fails; 0: none. */
  failsIn = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  begin(): void {
    for (const part of parts) this.#synced.set(part, this.#read(part))
  }

  copies(part: Part): Copies {
    const written = this.#read(part)
    return { synced: this.#synced.get(part) ?? written, written }
  }

  async sync(fd: number): Promise<void> {
    this.look()
    const part = this.#partOf(fd)
    const written = this.#read(part)
    if (this.failsIn > 0 && --this.failsIn === 0) {
      this.#given.set(part, written)
      throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
    }
    this.#synced.set(part, this.#withoutGiven(part, written))
  }

  rewrite(fd: number): void {
    this.#given.delete(this.#partOf(fd))
    systemDisk.rewrite(fd)
  }

  /** What has not changed since a sync of it failed does not get to the disk. */
  #withoutGiven(part: string, written: Buffer): Buffer {
    const given = this.#given.get(part)
    const before = this.#synced.get(part)
    if (given === undefined || before === undefined) return written
    const disk = Buffer.from(written)
    for (let at = 0; at < disk.length; at += blockBytes) {
      const block = disk.subarray(at, at + blockBytes)
      if (!block.equals(given.subarray(at, at + blockBytes))) continue
      block.fill(0)
      before.copy(block, 0, at, at + blockBytes)
    }
    return disk
  }

  #partOf(fd: number): string {
    return readlinkSync(`/proc/self/fd/${fd}`).slice(this.#folder.length + 1)
  }

  #read(part: string): Buffer {
    return readFileSync(join(this.#folder, part))
  }
}

/** Saves, each time to greater offsets; what a power cut would find before each sync of a file and after each save. */
async function record(folder: string, saves: readonly Save[]): Promise<Moment[]> {
  const disk = new TestDisk(folder)
  const durable = new Map<string, number>()
  const moments: Moment[] = []
  disk.look = () =>
    void moments.push({
      database: disk.copies('registry.db'),
      log: disk.copies('registry.db-wal'),
      durable: new Map(durable),
    })
  const registry = SqliteRegistry.open(folder, silentLogger, disk)
  disk.begin()
  for (const [index, { sources, kind, failsIn }] of saves.entries()) {
    const put = sources.map((n) => sampleCheckpoint({ sourceId: `${n}`.padStart(16, '0'), acked: index + 1 }))
    disk.failsIn = failsIn
    const saving = registry.save({ put, remove: [], isLasting: kind === 'lasting' }, { durable: kind !== 'lazy' })
    const isSaved = await saving.then(
      () => true,
      () => false,
    )
    if (isSaved && kind !== 'lazy') for (const { sourceId, acked } of put) durable.set(sourceId, acked)
    disk.look()
  }
  disk.failsIn = 0
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
