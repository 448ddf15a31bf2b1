import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeAfter, type Scope } from '@logpipe/testkit'

const diskKiB = 1_024

export interface SmallDisk {
  readonly path: string
  /** False where nothing may be mounted here: then it is a folder like any, and never full. */
  readonly isSmall: boolean
  /** Takes all the room that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
}

/** A disk of 1 MiB in memory, where this process may mount one; gone at the end of the scope. */
export function smallDisk(scope: Scope): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'logpipe-disk-'))
  closeAfter(scope, () => rmSync(path, { recursive: true, force: true }))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskKiB}k`, 'logpipe-test', path])
  const isSmall = mounted.status === 0
  if (isSmall) closeAfter(scope, () => void spawnSync('umount', ['--lazy', path]))
  const filler = join(path, 'filler')
  return {
    path,
    isSmall,
    fill: () => {
      if (isSmall) fillWith(filler)
    },
    free: () => rmSync(filler, { force: true }),
  }
}

function fillWith(path: string): void {
  const fd = openSync(path, 'a')
  const page = Buffer.alloc(4_096)
  try {
    for (;;) writeSync(fd, page)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(fd)
  }
}
