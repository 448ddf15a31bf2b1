import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { brokenReason } from './errors.ts'
import { isFormer, schemaVersion, statements, upgrades } from './rows.ts'

/** What SQLite's files begin with, and where they say which library may write and read them. */
const magic = Buffer.from('SQLite format 3\0', 'latin1')
const versionsAt = 18
const knownVersions = [1, 2]

/** Opens the database alone: another process that has it makes this throw. */
export function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    // The lock is taken with the first write, and kept.
    db.exec('BEGIN EXCLUSIVE; COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Why the registry at `path` cannot be used, in a few words; null where it can: then it has our version, and all that it holds is on the disk (SQLite
 * syncs and empties the log of changes when it closes). Throws what has nothing to do with its content.
 */
export function whyBroken(path: string): string | null {
  const header = whyNoDatabase(path)
  if (header !== null) return header
  let db: DatabaseSync | undefined
  try {
    db = connect(path)
    const check = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string }
    if (check.integrity_check !== 'ok') return check.integrity_check
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version === 0) return 'it holds nothing'
    if (isFormer(version)) db.exec(upgrades[version])
    else if (version !== schemaVersion) return `it has version ${version}, this agent knows ${schemaVersion}`
    for (const statement of Object.values(statements)) db.prepare(statement)
    return null
  } catch (error) {
    const reason = brokenReason(error)
    if (reason === null) throw error
    return reason
  } finally {
    db?.close()
  }
}

/** Why the file is none of SQLite's; asked here because SQLite calls some of that a lack of rights, and takes an empty file for a new one. */
function whyNoDatabase(path: string): string | null {
  if (!existsSync(path)) return 'it is missing'
  const header = Buffer.alloc(versionsAt + 2)
  const fd = openSync(path, 'r')
  try {
    const got = readSync(fd, header, 0, header.length, 0)
    if (got === 0) return 'it is empty'
    if (got < header.length || !header.subarray(0, magic.length).equals(magic)) return 'it is no database'
    const isKnown = header.subarray(versionsAt).every((version) => knownVersions.includes(version))
    return isKnown ? null : 'its header is damaged'
  } finally {
    closeSync(fd)
  }
}
