import { closeSync, constants, openSync } from 'node:fs'
import { whyReplaced } from '../../harvest/content.ts'
import { Cursor } from '../../harvest/cursor.ts'
import type { Checkpoint } from '../../registry/registry.ts'
import { sameFile } from '../identity.ts'
import type { Sibling } from '../siblings.ts'

/** Whether the file holds what was read of it when its checkpoint was written. Where it cannot be read, that is taken for granted. */
export function holdsStill({ path, stat }: Sibling, checkpoint: Checkpoint): boolean {
  if (!sameFile(checkpoint, stat)) return false
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { acked, head, cursor } = checkpoint
      return whyReplaced(fd, stat.size, acked, head, new Cursor(cursor)) === null
    } finally {
      closeSync(fd)
    }
  } catch {
    return true
  }
}
