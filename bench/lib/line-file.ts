import { type FileHandle, open } from 'node:fs/promises'

const chunkBytes = 1 << 20

/** Writes `count` lines to a file in large chunks; `line` gives the bytes of each, with its end. */
export async function writeLines(path: string, count: number, line: (index: number) => Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  const chunk = Buffer.allocUnsafe(chunkBytes)
  try {
    let filled = 0
    for (let index = 0; index < count; index++) {
      const bytes = line(index)
      if (filled + bytes.length > chunk.length) {
        await writeAll(file, chunk.subarray(0, filled))
        filled = 0
      }
      chunk.set(bytes, filled)
      filled += bytes.length
    }
    await writeAll(file, chunk.subarray(0, filled))
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
}
