import { crc32 } from 'node:zlib'
import { type Checkpoint, type CheckpointState, checkpointStates } from '../registry.ts'

export const schemaVersion = 4
/** Brought to ours where they are opened: 2 knows no epochs, 3 no real paths. */
export type FormerVersion = 2 | 3

const rebuiltTable = 'CREATE TABLE rebuilt (id INTEGER PRIMARY KEY CHECK (id = 1), at_ms INTEGER NOT NULL) STRICT;'

export const schema = `
  CREATE TABLE checkpoints (
    source_id TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    entry TEXT NOT NULL,
    topic TEXT NOT NULL,
    path TEXT NOT NULL,
    home_path TEXT NOT NULL,
    dev TEXT NOT NULL,
    ino TEXT NOT NULL,
    birthtime_ns TEXT NOT NULL,
    head_length INTEGER NOT NULL,
    head_hash TEXT NOT NULL,
    acked INTEGER NOT NULL,
    cursor_length INTEGER NOT NULL,
    cursor_hash TEXT NOT NULL,
    reserved INTEGER NOT NULL,
    cut INTEGER NOT NULL,
    state TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    epoch_start INTEGER NOT NULL DEFAULT 0,
    epoch_before INTEGER NOT NULL DEFAULT 0,
    real_path TEXT NOT NULL DEFAULT ''
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE entries (id TEXT PRIMARY KEY, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE plan (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
  ${rebuiltTable}
  PRAGMA user_version = ${schemaVersion};
`

const addEpochs = `
  ALTER TABLE checkpoints ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE checkpoints ADD COLUMN epoch_start INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE checkpoints ADD COLUMN epoch_before INTEGER NOT NULL DEFAULT 0;
`
const addRealPath = `
  ALTER TABLE checkpoints ADD COLUMN real_path TEXT NOT NULL DEFAULT '';
  ${rebuiltTable}
  PRAGMA user_version = ${schemaVersion};
`

/** Brings a former version to ours; its rows stay as they are. */
export const upgrades: Record<FormerVersion, string> = {
  2: `BEGIN; ${addEpochs} ${addRealPath} COMMIT;`,
  3: `BEGIN; ${addRealPath} COMMIT;`,
}

/** The checkpoints of a former version, as ours has them. */
export const formerCheckpoints: Record<FormerVersion, string> = {
  2: "SELECT *, 0, 0, 0, '' FROM checkpoints",
  3: "SELECT *, '' FROM checkpoints",
}

export function isFormer(version: number): version is FormerVersion {
  return version === 2 || version === 3
}

/** All that is asked of the database: what it cannot answer has another schema. */
export const statements = {
  put: `INSERT OR REPLACE INTO checkpoints VALUES (${Array(23).fill('?').join(', ')})`,
  remove: 'DELETE FROM checkpoints WHERE source_id = ?',
  removeEntry: 'DELETE FROM entries WHERE id = ?',
  removePlan: 'DELETE FROM plan',
  start: 'INSERT OR IGNORE INTO entries VALUES (?, ?)',
  plan: 'INSERT OR REPLACE INTO plan VALUES (1, ?, ?)',
  rebuilt: 'INSERT OR REPLACE INTO rebuilt VALUES (1, ?)',
  checkpoints: 'SELECT * FROM checkpoints',
  entries: 'SELECT id AS text, crc FROM entries',
  lastPlan: 'SELECT json AS text, crc FROM plan',
  lastRebuilt: 'SELECT at_ms FROM rebuilt',
} as const

/** A text that is a row of its own, with its CRC. */
export interface TextRow {
  readonly text: string
  readonly crc: number
}

/** The CRC that a text is stored with. */
export function textCrc(text: string): number {
  return crc32(text)
}

/** The columns of a checkpoint in the order of the table: behind those of version 2 their CRC, behind that what came later. */
export type CheckpointRow = (string | number)[]

const columnCount = 23
const laterColumns = 4

export function toRow(c: Checkpoint): CheckpointRow {
  const row: CheckpointRow = [
    c.sourceId,
    c.generation,
    c.entry,
    c.topic,
    c.path,
    c.homePath,
    String(c.dev),
    String(c.ino),
    String(c.birthtimeNs),
    c.head.length,
    c.head.hash,
    c.acked,
    c.cursor.length,
    c.cursor.hash,
    c.reserved,
    c.cut,
    c.state,
    c.seenMs,
  ]
  const later = [c.epochs.current, c.epochs.start, c.epochs.before, c.realPath ?? '']
  row.push(rowCrc(row, later), ...later)
  return row
}

/** The checkpoint of a row as it was read; null where the row is not what was once written. */
export function fromRow(row: CheckpointRow): Checkpoint | null {
  if (row.length !== columnCount) return null
  const later = row.splice(-laterColumns)
  const [current, start, before, realPath] = later as [number, number, number, string]
  if (row.pop() !== rowCrc(row, later)) return null
  const text = (index: number): string => row[index] as string
  const number = (index: number): number => row[index] as number
  const state = text(16) as CheckpointState
  if (!checkpointStates.includes(state)) return null
  return {
    sourceId: text(0),
    epochs: { current, start, before },
    generation: number(1),
    entry: text(2),
    topic: text(3),
    path: text(4),
    homePath: text(5),
    realPath: realPath === '' ? null : realPath,
    dev: BigInt(text(6)),
    ino: BigInt(text(7)),
    birthtimeNs: BigInt(text(8)),
    head: { length: number(9), hash: text(10) },
    acked: number(11),
    cursor: { length: number(12), hash: text(13) },
    reserved: number(14),
    cut: number(15),
    state,
    seenMs: number(17),
  }
}

/** Of a row that says nothing of what came with a later version, it is that of the version before. */
function rowCrc(row: CheckpointRow, later: CheckpointRow): number {
  const epochs = later.slice(0, -1)
  if (later.at(-1) !== '') return crc32([...row, ...later].join('\n'))
  return crc32((epochs.every((value) => value === 0) ? row : [...row, ...epochs]).join('\n'))
}
