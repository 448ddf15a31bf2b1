import { closeSync, constants, openSync } from 'node:fs'
import type { Found } from '../discover/finder.ts'
import { sameFile, statHandle, unreadable } from '../discover/identity.ts'
import type { Roots } from '../discover/roots.ts'
import { brokenError, incompleteRemark, PackedContent, packedKind, type PackedKind } from '../harvest/packed/index.ts'
import { readAt } from '../harvest/read-buffer.ts'

/** How a file begins. */
export interface Beginning {
  readonly bytes: Buffer
  /** Whether that is all of it. */
  readonly isWhole: boolean
  readonly packed: PackedKind | null
  /** Why more of it cannot be read, in a sentence. */
  readonly remark: string | null
}

/** Calls that a packed file may need before something of it comes. */
const maxCalls = 32

/**
 * The first bytes of a file that was found, up to `maxBytes`; of a packed one, of what it holds. Rejects with `file_unreadable`, with a
 * sentence: also where it is another file by now, or lies outside of the roots.
 */
export async function readBeginning({ path, stat }: Found, roots: Roots, maxBytes: number): Promise<Beginning> {
  let fd: number | null = null
  try {
    // NONBLOCK: a FIFO that has taken the file's place must not hang us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    roots.check(fd, path)
    const seen = statHandle(fd)
    if (seen.kind !== 'file' || !sameFile(seen, stat)) throw Object.assign(new Error(), { code: 'ENOENT' })
    const into = Buffer.allocUnsafe(maxBytes)
    const got = await readAt(fd, into, 0, maxBytes)
    const bytes = into.subarray(0, got)
    const packed = packedKind(bytes)
    if (packed !== null) return await unpack(fd, path, packed, maxBytes)
    return { bytes, isWhole: got < maxBytes, packed, remark: null }
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

async function unpack(fd: number, path: string, packed: PackedKind, maxBytes: number): Promise<Beginning> {
  const content = new PackedContent(fd, packed)
  try {
    const into = Buffer.allocUnsafe(maxBytes)
    let got = 0
    for (let calls = 0; calls < maxCalls && got < maxBytes; calls++) {
      const read = await content.read(got, into.subarray(got), maxBytes - got)
      got += read.got
      if (read.state === 'more') continue
      const bytes = into.subarray(0, got)
      const remarks = { end: null, incomplete: incompleteRemark, broken: brokenError(path, read.reason).message }
      return { bytes, isWhole: read.state === 'end', packed, remark: remarks[read.state] }
    }
    return { bytes: into.subarray(0, got), isWhole: false, packed, remark: null }
  } finally {
    content.close()
  }
}
