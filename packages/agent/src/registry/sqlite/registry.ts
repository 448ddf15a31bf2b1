import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isLogpipeError, type Logger } from '@logpipe/runtime'
import type { Checkpoint, Registry, RegistryChange, RegistryContent } from '../registry.ts'
import { type Disk, systemDisk } from './disk.ts'
import { fromSqlite, unsure } from './errors.ts'
import { connect, whyBroken } from './open.ts'
import { type CheckpointRow, fromRow, schema, statements, textCrc, type TextRow, toRow } from './rows.ts'

export const registryFile = 'registry.db'
/** What SQLite keeps beside each other, by how the names end. */
const parts = ['', '-wal', '-shm'] as const
/** The log of changes is moved into the database when it has grown to this. SQLite's own measure: 1,000 pages. */
const maxLogBytes = 4_096_000
/** Broken registries that are kept for whoever wants to look into them. */
const brokenKept = 3

/**
 * The registry on SQLite (WAL), alone on its file: a second process on the same folder is refused. SQLite writes, at once and without waiting for the disk;
 * the disk is waited for here, off the main thread, in the order that SQLite's own `synchronous = FULL` has: first the log of changes, then the
 * database, and only then the log is emptied.
 */
export class SqliteRegistry implements Registry {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #origin: RegistryContent['origin']
  readonly #log: Logger
  readonly #disk: Disk
  readonly #put: StatementSync
  readonly #remove: StatementSync
  /** Something failed behind a commit: what of it is on the disk nobody knows. */
  #isUnsure = false
  /** Of the two files. NOTE: as long as the database is open: to close any handle of it would give up the lock on it. */
  readonly #files: { readonly log: number; readonly database: number }

  private constructor(path: string, db: DatabaseSync, origin: RegistryContent['origin'], log: Logger, disk: Disk) {
    this.#path = path
    this.#db = db
    this.#origin = origin
    this.#log = log
    this.#disk = disk
    this.#put = db.prepare(statements.put)
    this.#remove = db.prepare(statements.remove)
    this.#files = { log: openSync(`${path}-wal`, 'r+'), database: openSync(path, 'r+') }
    db.exec('PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0')
    syncFolder(dirname(path))
  }

  /**
   * Opens the registry in `folder`, making both where missing. One that is broken is moved aside with a sentence in the log. Throws
   * `registry_broken` where another process holds it or the folder may not be written, `disk_full` where there is no room. `disk` is for tests.
   */
  static open(folder: string, log: Logger, disk: Disk = systemDisk): SqliteRegistry {
    const path = join(folder, registryFile)
    try {
      mkdirSync(folder, { recursive: true })
      // Without the database, what else there is of it tells that there was one.
      const existed = parts.some((part) => existsSync(path + part))
      const reason = existed ? whyBroken(path) : null
      if (reason !== null) moveAside(folder, reason, log)
      const origin = reason !== null ? 'rebuilt' : existed ? 'kept' : 'fresh'
      const db = openDatabase(path, reason === null ? null : Date.now())
      return new SqliteRegistry(path, db, origin, log, disk)
    } catch (error) {
      throw isLogpipeError(error) ? error : fromSqlite(error, path)
    }
  }

  async load(): Promise<RegistryContent> {
    return this.#guard(() => {
      const rows = this.#db.prepare(statements.checkpoints)
      rows.setReturnArrays(true)
      const checkpoints: Checkpoint[] = []
      const damaged: string[] = []
      for (const row of rows.iterate() as Iterable<unknown> as Iterable<CheckpointRow>) {
        const id = row[0] as string
        const checkpoint = fromRow(row)
        if (checkpoint === null) damaged.push(id)
        else checkpoints.push(checkpoint)
      }
      const entries = this.#db.prepare(statements.entries).all() as unknown as TextRow[]
      const plan = this.#db.prepare(statements.lastPlan).get() as TextRow | undefined
      const keptPlan = plan !== undefined && isWhole(plan) ? plan.text : null
      const damagedEntries = entries.filter((entry) => !isWhole(entry)).map(({ text }) => text)
      const dropped = damaged.length + damagedEntries.length + (plan !== undefined && keptPlan === null ? 1 : 0)
      if (dropped > 0) {
        this.#log.error(
          'Rows of the registry are damaged and were left out; their files are sent again from the beginning',
          {
            'file.path': this.#path,
            'event.count': dropped,
          },
        )
        this.#leaveOut(damaged, damagedEntries, keptPlan === null)
      }
      const rebuilt = this.#db.prepare(statements.lastRebuilt).get() as { at_ms: number } | undefined
      return {
        checkpoints,
        startedEntries: new Set(entries.filter(isWhole).map(({ text }) => text)),
        plan: keptPlan,
        origin: dropped > 0 ? 'rebuilt' : this.#origin,
        rebuiltMs: dropped > 0 ? Date.now() : (rebuilt?.at_ms ?? null),
      }
    })
  }

  /** Removes damaged rows, and leaves a mark that there were some. Where that fails, as on a full disk, they are found again at the next start. */
  #leaveOut(checkpoints: readonly string[], entries: readonly string[], isPlanDamaged: boolean): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      for (const id of checkpoints) this.#remove.run(id)
      for (const id of entries) this.#db.prepare(statements.removeEntry).run(id)
      if (isPlanDamaged) this.#db.exec(statements.removePlan)
      this.#db.prepare(statements.rebuilt).run(Date.now())
      this.#db.exec('COMMIT')
    } catch {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    }
  }

  async save(change: RegistryChange, { durable }: { durable: boolean }): Promise<void> {
    const started = change.startedEntries ?? []
    try {
      if (this.#isUnsure) await this.#heal()
      this.#commit(change)
    } catch (error) {
      throw fromSqlite(error, this.#path)
    }
    // A damaged log of changes takes back what it held. An entry must not count as new again: `startAt: end` would skip lines.
    const isLasting = change.isLasting === true || started.length > 0
    try {
      const isMoved = isLasting || fstatSync(this.#files.log).size >= maxLogBytes
      if (durable || isMoved) await this.#disk.sync(this.#files.log)
      if (isMoved) await this.#emptyLog()
    } catch (error) {
      this.#isUnsure = true
      throw unsure(error, this.#path)
    }
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return
    try {
      // SQLite empties the log when it closes, and syncs only what it has still to move.
      if (this.#isUnsure) await this.#heal()
      this.#db.exec('PRAGMA synchronous = FULL')
      this.#db.close()
    } catch (error) {
      throw fromSqlite(error, this.#path)
    }
    closeSync(this.#files.log)
    closeSync(this.#files.database)
  }

  #commit({ remove, put, startedEntries = [], plan }: RegistryChange): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const sourceId of remove) this.#remove.run(sourceId)
      for (const checkpoint of put) this.#put.run(...toRow(checkpoint))
      for (const id of startedEntries) this.#db.prepare(statements.start).run(id, textCrc(id))
      if (plan !== undefined) this.#db.prepare(statements.plan).run(plan, textCrc(plan))
      this.#db.exec('COMMIT')
    } catch (error) {
      // A full disk rolls back by itself; then there is nothing left to roll back.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** Moves the log of changes, which is on the disk, into the database. */
  async #emptyLog(): Promise<void> {
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    await this.#disk.sync(this.#files.database)
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /** After a failure behind a commit: all that was ever committed is brought to the disk, before anything else is. */
  async #heal(): Promise<void> {
    for (const file of [this.#files.log, this.#files.database]) {
      this.#disk.rewrite(file)
      await this.#disk.sync(file)
    }
    await this.#emptyLog()
    this.#isUnsure = false
  }

  #guard<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw fromSqlite(error, this.#path)
    }
  }
}

/** Opens the database, making what it holds where there is none. `rebuiltMs`: when a broken one was moved aside for it. */
function openDatabase(path: string, rebuiltMs: number | null): DatabaseSync {
  const isNew = !existsSync(path)
  const db = connect(path)
  try {
    const mark = rebuiltMs === null ? '' : `INSERT INTO rebuilt VALUES (1, ${rebuiltMs});`
    if (isNew) db.exec(`BEGIN; ${schema} ${mark} COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** So that a log of changes that is new in it is found again after a power cut. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function isWhole({ text, crc }: TextRow): boolean {
  return textCrc(text) === crc
}

function moveAside(folder: string, reason: string, log: Logger): void {
  const suffix = `.broken-${new Date().toISOString().replaceAll(/[:.]/g, '')}`
  for (const part of parts) {
    const path = join(folder, registryFile + part)
    if (existsSync(path)) renameSync(path, join(folder, registryFile + suffix + part))
  }
  const old = readdirSync(folder)
    .filter((name) => /^registry\.db\.broken-[^-]*$/.test(name))
    .sort()
    .slice(0, -brokenKept)
  for (const name of old) {
    for (const part of parts) rmSync(join(folder, name + part), { force: true })
  }
  log.error('The registry is broken and was moved aside; all files are sent again from their beginning', {
    'file.path': join(folder, registryFile + suffix),
    reason,
  })
}
