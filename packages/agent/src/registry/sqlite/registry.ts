import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { isLogpipeError, type Logger } from '@logpipe/runtime'
import type { Checkpoint, Registry, RegistryChange, RegistryContent } from '../registry.ts'
import { brokenReason, fromSqlite } from './errors.ts'
import { type CheckpointRow, fromRow, schema, schemaVersion, toRow } from './rows.ts'

export const registryFile = 'registry.db'
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
    this.#put = db.prepare(`INSERT OR REPLACE INTO checkpoints VALUES (${Array(19).fill('?').join(', ')})`)
    this.#remove = db.prepare('DELETE FROM checkpoints WHERE source_id = ?')
  }

  /**
   * Opens the registry in `folder`, making both where missing. One that is broken is moved aside with a sentence in the log. Throws
   * `registry_broken` where another process holds it or the folder may not be written, `disk_full` where there is no room.
   */
  static open(folder: string, log: Logger): SqliteRegistry {
    const path = join(folder, registryFile)
    try {
      mkdirSync(folder, { recursive: true })
      const existed = existsSync(path)
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
      const rows = this.#db.prepare('SELECT * FROM checkpoints')
      rows.setReturnArrays(true)
      const checkpoints: Checkpoint[] = []
      let dropped = 0
      for (const row of rows.iterate() as Iterable<unknown> as Iterable<CheckpointRow>) {
        const checkpoint = fromRow(row)
        if (checkpoint === null) dropped++
        else checkpoints.push(checkpoint)
      }
      if (dropped > 0) {
        this.#log.error(
          'Rows of the registry are damaged and were left out; their files are sent again from the beginning',
          {
            'file.path': this.#path,
            'event.count': dropped,
          },
        )
      }
      const entries = this.#db.prepare('SELECT id FROM entries').all() as { id: string }[]
      const plan = this.#db.prepare('SELECT json FROM plan').get() as { json: string } | undefined
      return {
        checkpoints,
        startedEntries: new Set(entries.map(({ id }) => id)),
        plan: plan?.json ?? null,
        origin: dropped > 0 ? 'rebuilt' : this.#origin,
      }
    })
  }

  async save(change: RegistryChange, { durable }: { durable: boolean }): Promise<void> {
    this.#guard(() => {
      if (durable !== this.#durable) this.#db.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
      this.#durable = durable
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        for (const sourceId of change.remove) this.#remove.run(sourceId)
        for (const checkpoint of change.put) this.#put.run(...toRow(checkpoint))
        for (const id of change.startedEntries ?? [])
          this.#db.prepare('INSERT OR IGNORE INTO entries VALUES (?)').run(id)
        if (change.plan !== undefined) this.#db.prepare('INSERT OR REPLACE INTO plan VALUES (1, ?)').run(change.plan)
        this.#db.exec('COMMIT')
      } catch (error) {
        // A full disk rolls back by itself; then there is nothing left to roll back.
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw error
      }
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

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // The lock is taken with the first write, and kept.
    db.exec('BEGIN EXCLUSIVE')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version === 0) db.exec(schema)
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Why the registry at `path` cannot be used, in a sentence; null where it can. Throws what has nothing to do with its content. */
function whyBroken(path: string): string | null {
  if (statSync(path).size === 0 && !existsSync(`${path}-wal`)) return 'it is empty'
  let db: DatabaseSync | undefined
  try {
    db = openDatabase(path)
    const check = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string }
    if (check.integrity_check !== 'ok') return check.integrity_check
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version !== schemaVersion) return `it has version ${version}, this agent knows ${schemaVersion}`
    db.prepare('SELECT count(*) FROM checkpoints, entries, plan').get()
    return null
  } catch (error) {
    const reason = brokenReason(error)
    if (reason === null) throw error
    return reason
  } finally {
    db?.close()
  }
}

function moveAside(folder: string, reason: string, log: Logger): void {
  const suffix = `.broken-${new Date().toISOString().replaceAll(/[:.]/g, '')}`
  for (const part of ['', '-wal', '-shm']) {
    const path = join(folder, registryFile + part)
    if (existsSync(path)) renameSync(path, join(folder, registryFile + suffix + part))
  }
  const old = readdirSync(folder)
    .filter((name) => /^registry\.db\.broken-[^-]*$/.test(name))
    .sort()
    .slice(0, -brokenKept)
  for (const name of old) {
    for (const part of ['', '-wal', '-shm']) rmSync(join(folder, name + part), { force: true })
  }
  log.error('The registry is broken and was moved aside; all files are sent again from their beginning', {
    'file.path': join(folder, registryFile + suffix),
    reason,
  })
}
