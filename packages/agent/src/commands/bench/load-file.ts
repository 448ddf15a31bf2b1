import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises'
import { LogpipeError } from '@logpipe/runtime'

export interface Rotation {
  /** `rename`: the file is renamed and a new one made. `copytruncate`: it is copied, then emptied. */
  readonly kind: 'rename' | 'copytruncate'
  /** Older files that are kept: `FILE.1` … `FILE.N`. */
  readonly keep: number
}

/** A log file that is appended to and rotated by one owner, so no line falls between copy and truncation. */
export class LoadFile {
  readonly #path: string
  readonly #rotation: Rotation
  #handle: FileHandle

  private constructor(path: string, rotation: Rotation, handle: FileHandle) {
    this.#path = path
    this.#rotation = rotation
    this.#handle = handle
  }

  /** Opens the file for appending, making it where it is missing. Rejects with a sentence where that is not possible. */
  static async open(path: string, rotation: Rotation): Promise<LoadFile> {
    return guard(path, async () => new LoadFile(path, rotation, await open(path, 'a')))
  }

  /** Appends all of it. */
  async append(bytes: Buffer): Promise<void> {
    await guard(this.#path, async () => {
      let at = 0
      while (at < bytes.length) at += (await this.#handle.write(bytes, at)).bytesWritten
    })
  }

  /** Moves every older file one number up, the last one away, and begins an empty one. */
  async rotate(): Promise<void> {
    const { kind, keep } = this.#rotation
    await guard(this.#path, async () => {
      const first = `${this.#path}.1`
      if (keep > 0) await rm(`${this.#path}.${keep}`, { force: true })
      for (let i = keep - 1; i >= 1; i--) await moveIfThere(`${this.#path}.${i}`, `${this.#path}.${i + 1}`)
      if (kind === 'copytruncate') {
        if (keep > 0) await copyFile(this.#path, first)
        await this.#handle.truncate(0)
        return
      }
      if (keep > 0) await rename(this.#path, first)
      else await rm(this.#path)
      const fresh = await open(this.#path, 'a')
      await this.#handle.close()
      this.#handle = fresh
    })
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function guard<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOSPC') throw new LogpipeError('disk_full', `There is no room left for ${path}.`, { cause })
    const reasons: Record<string, string> = {
      ENOENT: 'its folder does not exist',
      EACCES: 'this user may not write there',
      EISDIR: 'it is a folder',
    }
    const reason = reasons[code ?? ''] ?? code ?? 'for an unknown reason'
    throw new LogpipeError('file_unreadable', `${path} cannot be written: ${reason}.`, { cause })
  }
}
