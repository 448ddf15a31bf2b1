import { fdatasync, fstatSync, readSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/** The disk under the registry's files. */
export interface Disk {
  /** Resolves when what was written to the file is on it. Rejects with the system's error; then nobody knows what of it is. */
  sync(fd: number): Promise<void>
  /**
   * Writes the file anew as it reads, for the next `sync`. NOTE: after a sync that failed the system takes what it could not write for written, and a
   * later one succeeds without it (fsync(2), Linux); what it reads is still in memory then.
   */
  rewrite(fd: number): void
}

const chunk = Buffer.allocUnsafeSlow(1_048_576)

export const systemDisk: Disk = {
  sync: promisify(fdatasync),
  rewrite: (fd) => {
    const { size } = fstatSync(fd)
    for (let at = 0; at < size;) {
      const got = readSync(fd, chunk, 0, chunk.length, at)
      if (got === 0) return
      for (let done = 0; done < got;) done += writeSync(fd, chunk, done, got - done, at + done)
      at += got
    }
  },
}
