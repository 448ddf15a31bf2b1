import { closeSync, openSync, writeFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { constants, gzipSync, type ZstdOptions, zstdCompressSync } from 'node:zlib'
import { LogDir } from '@logpipe/testkit'
import type { PackedKind } from './kind.ts'
import { PackedReader } from './reader.ts'

const checked: ZstdOptions = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
/** Packs bytes, with a checksum. */
export const pack: Record<PackedKind, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes, checked),
}
/** Both kinds. */
export const kinds = Object.keys(pack) as PackedKind[]

/** A packed file and who reads it. */
export interface Opened {
  reader: PackedReader
  path: string
  close(): void
}

/** A reader of a file with these bytes. Closed at the end of the test, where that has not been done. */
export function open(t: TestContext, kind: PackedKind, packed: Buffer): Opened {
  const path = LogDir.create(t).file('packed')
  writeFileSync(path, packed)
  const fd = openSync(path, 'r')
  const reader = new PackedReader(fd, kind)
  let isOpen = true
  const close = (): void => {
    reader.close()
    if (isOpen) closeSync(fd)
    isOpen = false
  }
  t.after(close)
  return { reader, path, close }
}

/** All that a file gave, and what stands behind it. */
export interface Whole {
  bytes: Buffer
  state: string
  reason: string | undefined
}

/** Reads from `position` on until something else than `more` comes. */
export async function readAll(reader: PackedReader, position = 0, length = 100_000): Promise<Whole> {
  const into = Buffer.alloc(length)
  const parts: Buffer[] = []
  let at = position
  for (let reads = 0; reads < 10_000; reads++) {
    const { got, state, reason } = await reader.read(at, into, length)
    parts.push(Buffer.from(into.subarray(0, got)))
    at += got
    if (state !== 'more') return { bytes: Buffer.concat(parts), state, reason }
  }
  throw new Error('no end after 10,000 reads')
}

/** Lines that are all different and compress about as logs do. */
export function logLines(bytes: number): Buffer {
  const lines: string[] = []
  for (let length = 0, n = 0; length < bytes; n++) {
    const line = `2026-11-21T01:02:03.${n} INFO request ${(n * 2_654_435_761) % 4_294_967_296} took ${n % 977} ms\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}
