import { crc32 } from 'node:zlib'
import { type Checkpoint, type CheckpointState, checkpointStates } from '../registry.ts'

export const schemaVersion = 3
/** Without epochs; brought to ours where it is opened. */
export const formerVersion = 2

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
    epoch_before INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE entries (id TEXT PRIMARY KEY, crc INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE plan (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL, crc INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${schemaVersion};
`

/** Brings the former version to ours; its rows stay as they are. */
export const upgrade = `
  BEGIN;
  ALTER TABLE checkpoints ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE checkpoints ADD COLUMN epoch_start INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE checkpoints ADD COLUMN epoch_before INTEGER NOT NULL DEFAULT 0;
  PRAGMA user_version = ${schemaVersion};
  COMMIT;
`

/** All that is asked of the database: what it cannot answer has another schema. */
export const statements = {
  put: `INSERT OR REPLACE INTO checkpoints VALUES (${Array(22).fill('?').join(', ')})`,
  remove: 'DELETE FROM checkpoints WHERE source_id = ?',
  start: 'INSERT OR IGNORE INTO entries VALUES (?, ?)',
  plan: 'INSERT OR REPLACE INTO plan VALUES (1, ?, ?)',
  checkpoints: 'SELECT * FROM checkpoints',
  entries: 'SELECT id AS text, crc FROM entries',
  lastPlan: 'SELECT json AS text, crc FROM plan',
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

/** The columns of a checkpoint in the order of the table: behind the former version's their CRC, behind that the epochs. */
export type CheckpointRow = (string | number)[]

const columnCount = 22
const epochColumns = 3

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
  const epochs = [c.epochs.current, c.epochs.start, c.epochs.before]
  row.push(rowCrc(row, epochs), ...epochs)
  return row
}

/** The checkpoint of a row as it was read; null where the row is not what was once written. */
export function fromRow(row: CheckpointRow): Checkpoint | null {
  if (row.length !== columnCount) return null
  const epochs = row.splice(-epochColumns) as number[]
  const [current = 0, start = 0, before = 0] = epochs
  if (row.pop() !== rowCrc(row, epochs)) return null
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

/** Without epochs it is that of the former version. */
function rowCrc(row: CheckpointRow, epochs: readonly number[]): number {
  return crc32((epochs.every((value) => value === 0) ? row : [...row, ...epochs]).join('\n'))
}
