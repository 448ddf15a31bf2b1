import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Checkpoint } from '../registry.ts'
import { isBusy } from './errors.ts'
import { registryFile } from './registry.ts'
import { type CheckpointRow, formerCheckpoints, fromRow, isFormer, schemaVersion, statements } from './rows.ts'

/** What someone sees who looks into a registry without being its owner. */
export type RegistryLook =
  | { readonly state: 'missing' }
  /** A running agent has it. */
  | { readonly state: 'held' }
  | { readonly state: 'unusable'; readonly reason: string }
  /** `damaged`: rows that the agent would leave out. */
  | { readonly state: 'readable'; readonly checkpoints: Checkpoint[]; readonly damaged: number }

/** Looks into the registry in `folder` without changing it. It is let go of before this returns. Never throws. */
export function lookIntoRegistry(folder: string): RegistryLook {
  const path = join(folder, registryFile)
  let db: DatabaseSync | undefined
  try {
    statSync(path)
    db = new DatabaseSync(path, { readOnly: true })
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (isFormer(version)) return readRows(db, formerCheckpoints[version])
    if (version !== schemaVersion) {
      return { state: 'unusable', reason: `it has version ${version}, this program knows ${schemaVersion}` }
    }
    return readRows(db, statements.checkpoints)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'missing' }
    if (isBusy(error)) return { state: 'held' }
    return { state: 'unusable', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    db?.close()
  }
}

function readRows(db: DatabaseSync, query: string): RegistryLook {
  const rows = db.prepare(query)
  rows.setReturnArrays(true)
  const checkpoints: Checkpoint[] = []
  let damaged = 0
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<CheckpointRow>) {
    const checkpoint = fromRow(row)
    if (checkpoint === null) damaged++
    else checkpoints.push(checkpoint)
  }
  return { state: 'readable', checkpoints, damaged }
}
