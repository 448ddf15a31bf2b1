import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isLogpipeError, type Logger } from '@logpipe/runtime'
import type { Checkpoint, Registry, RegistryChange, RegistryContent } from '../registry.ts'
import { fromSqlite } from './errors.ts'
import { connect, whyBroken } from './open.ts'
import { type CheckpointRow, fromRow, schema, statements, textCrc, type TextRow, toRow } from './rows.ts'

export const registryFile = 'registry.db'
/** What SQLite keeps beside each other, by how the names end. */
const parts = ['', '-wal', '-shm'] as const
/** Broken registries that are kept for whoever wants to look into them. */
const brokenKept = 3

/**
 * The registry on SQLite (WAL), alone on its file: a second process on the same folder is refused. All calls are synchronous
 * inside; a durable save costs one sync of the disk.
 */
export class SqliteRegistry implements Registry {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #origin: RegistryContent['origin']
  readonly #log: Logger
  readonly #put: StatementSync
  readonly #remove: StatementSync
  #durable = true

  private constructor(path: string, db: DatabaseSync, origin: RegistryContent['origin'], log: Logger) {
    this.#path = path
    this.#db = db
    this.#origin = origin
    this.#log = log
    this.#put = db.prepare(statements.put)
    this.#remove = db.prepare(statements.remove)
  }

  /**
   * Opens the registry in `folder`, making both where missing. One that is broken is moved aside with a sentence in the log. Throws
   * `registry_broken` where another process holds it or the folder may not be written, `disk_full` where there is no room.
   */
  static open(folder: string, log: Logger): SqliteRegistry {
    const path = join(folder, registryFile)
    try {
      mkdirSync(folder, { recursive: true })
      // Without the database, what else there is of it tells that there was one.
      const existed = parts.some((part) => existsSync(path + part))
      const reason = existed ? whyBroken(path) : null
      if (reason !== null) moveAside(folder, reason, log)
      const origin = reason !== null ? 'rebuilt' : existed ? 'kept' : 'fresh'
      return new SqliteRegistry(path, openDatabase(path), origin, log)
    } catch (error) {
      throw isLogpipeError(error) ? error : fromSqlite(error, path)
    }
  }

  async load(): Promise<RegistryContent> {
    return this.#guard(() => {
      const rows = this.#db.prepare(statements.checkpoints)
      rows.setReturnArrays(true)
      const checkpoints: Checkpoint[] = []
      let dropped = 0
      for (const row of rows.iterate() as Iterable<unknown> as Iterable<CheckpointRow>) {
        const checkpoint = fromRow(row)
        if (checkpoint === null) dropped++
        else checkpoints.push(checkpoint)
      }
      const entries = this.#db.prepare(statements.entries).all() as unknown as TextRow[]
      const plan = this.#db.prepare(statements.lastPlan).get() as TextRow | undefined
      const whole = entries.filter(isWhole)
      const keptPlan = plan !== undefined && isWhole(plan) ? plan.text : null
      dropped += entries.length - whole.length + (plan !== undefined && keptPlan === null ? 1 : 0)
      if (dropped > 0) {
        this.#log.error(
          'Rows of the registry are damaged and were left out; their files are sent again from the beginning',
          {
            'file.path': this.#path,
            'event.count': dropped,
          },
        )
      }
      return {
        checkpoints,
        startedEntries: new Set(whole.map(({ text }) => text)),
        plan: keptPlan,
        origin: dropped > 0 ? 'rebuilt' : this.#origin,
      }
    })
  }

  async save(change: RegistryChange, { durable }: { durable: boolean }): Promise<void> {
    const started = change.startedEntries ?? []
    const isLasting = change.isLasting === true || started.length > 0
    this.#guard(() => {
      if (durable !== this.#durable) this.#db.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
      this.#durable = durable
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        for (const sourceId of change.remove) this.#remove.run(sourceId)
        for (const checkpoint of change.put) this.#put.run(...toRow(checkpoint))
        for (const id of started) this.#db.prepare(statements.start).run(id, textCrc(id))
        if (change.plan !== undefined) this.#db.prepare(statements.plan).run(change.plan, textCrc(change.plan))
        this.#db.exec('COMMIT')
      } catch (error) {
        // A full disk rolls back by itself; then there is nothing left to roll back.
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
      // A damaged log of changes takes back what it held. An entry must not count as new again: `startAt: end` would skip lines.
      if (isLasting) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    })
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#guard(() => this.#db.close())
  }

  #guard<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw fromSqlite(error, this.#path)
    }
  }
}

/** Opens the database, making what it holds where there is none. */
function openDatabase(path: string): DatabaseSync {
  const isNew = !existsSync(path)
  const db = connect(path)
  try {
    if (isNew) db.exec(`BEGIN; ${schema} COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
    return db
  } catch (error) {
    db.close()
    throw error
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
