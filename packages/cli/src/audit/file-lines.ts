import { type FileHandle, open } from 'node:fs/promises'
import { LogpipeError } from '@logpipe/runtime'

const chunkBytes = 1_048_576
/** Longer ones are no lines of a log. */
const maxLineBytes = 128 * 1_048_576

/** One whole line of a file; good until the next one is asked for. */
export interface FileLine {
  /** Of its first byte. */
  offset: number
  /** Behind its newline. */
  next: number
  /** Without `\n` and one `\r` before it. */
  bytes: Buffer
}

/**
 * The whole lines of a plain file, as an agent frames them, one after the other; an unfinished last one is left out. Rejects with `settings_invalid`
 * where it cannot be opened, or holds no plain lines.
 */
export async function* fileLines(path: string): AsyncGenerator<FileLine, void, void> {
  const file = await opened(path)
  try {
    let rest = Buffer.alloc(0)
    let offset = 0
    let at = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes)
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, at)
      if (bytesRead === 0) return
      at += bytesRead
      const buffer =
        rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      let start = 0
      for (let end = buffer.indexOf(0x0a); end >= 0; end = buffer.indexOf(0x0a, start)) {
        const last = end > start && buffer[end - 1] === 0x0d ? end - 1 : end
        yield { offset, next: offset + end + 1 - start, bytes: buffer.subarray(start, last) }
        offset += end + 1 - start
        start = end + 1
      }
      rest = buffer.subarray(start)
      if (rest.length > maxLineBytes) throw unusable(path, `has a line of more than ${maxLineBytes} bytes`)
    }
  } finally {
    await file.close()
  }
}

async function opened(path: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (cause) {
    throw unusable(path, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause)
  }
  const head = Buffer.alloc(4)
  const isFile = (await file.stat()).isFile()
  if (isFile) await file.read(head, 0, 4, 0)
  const isPacked = head.readUInt16BE(0) === 0x1f8b || head.readUInt32LE(0) === 0xfd2fb528
  if (isFile && !isPacked) return file
  await file.close()
  throw unusable(path, isFile ? 'is compressed; unpack it, and name the file that it was with --path' : 'is no file')
}

function unusable(path: string, what: string, cause?: unknown): LogpipeError {
  return new LogpipeError('settings_invalid', `${path} ${what}.`, { cause })
}
