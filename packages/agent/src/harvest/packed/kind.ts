import { peek } from '../peek.ts'

/** Formats of packed files that are read as if they were plain. */
export type PackedKind = 'gzip' | 'zstd'

/** The first bytes that `packedKind` has to see to be sure. */
export const kindBytes = 4

/**
 * In which format the file that begins with `head` is packed; null where it is plain, or too short to tell. A skippable frame counts
 * as zstd: files of several frames may begin with one.
 */
export function packedKind(head: Buffer): PackedKind | null {
  if (head.length < kindBytes) return null
  // Beside gzip's two bytes, the one method that there is, and the flags that are reserved.
  if (head.readUInt16BE(0) === 0x1f8b) return head[2] === 8 && ((head[3] as number) & 0xe0) === 0 ? 'gzip' : null
  return isZstdMagic(head.readUInt32LE(0)) ? 'zstd' : null
}

/** Whether a zstd frame, or a skippable one, begins with this number. */
export function isZstdMagic(magic: number): boolean {
  return magic === zstdMagic || isSkippableMagic(magic)
}

/** Whether a skippable frame begins with this number. */
export function isSkippableMagic(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === 0x184d2a50
}

const zstdMagic = 0xfd2fb528

const scratch = Buffer.allocUnsafeSlow(kindBytes)

/** What the file holds; undefined where it holds nothing yet. Throws the system's error. */
export function kindOf(fd: number): PackedKind | null | undefined {
  const got = peek(fd, scratch, 0, kindBytes)
  return got === 0 ? undefined : packedKind(scratch.subarray(0, got))
}
