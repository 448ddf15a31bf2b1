import { closeSync, openSync, readSync } from 'node:fs'
import { parseLimits, type ParseSource } from '@logpipe/config'
import { describeError, LogpipeError } from '@logpipe/runtime'
import type { ReadStdin } from '../commands/context.ts'

/** A line of what a person gave. */
export interface GivenLine {
  /** From 1. */
  number: number
  /** Where it begins, in bytes. */
  offset: number
  text: string
}

export interface GivenLines {
  lines: GivenLine[]
  /** Whether that is all. */
  isWhole: boolean
}

const maxBytes = 1_048_576
const maxLines = 1_000
/** Lines of one source, so that a request may hold some of them. */
const [sourceLines, sourceLength] = [100, 65_536]

/** The first lines of a file, or of stdin (`-`). Throws `settings_invalid` where it cannot be read. */
export async function readGivenLines(file: string, readStdin: ReadStdin): Promise<GivenLines> {
  const bytes = file === '-' ? Buffer.from(await readStdin()) : beginningOf(file)
  const texts = bytes.subarray(0, maxBytes).toString('utf8').split('\n')
  // What stands behind the last newline is a line of its own, or none; or only its beginning was read.
  const rest = texts.pop() ?? ''
  if (rest !== '' && bytes.length <= maxBytes) texts.push(rest)
  const lines: GivenLine[] = []
  let offset = 0
  for (const text of texts.slice(0, maxLines)) {
    lines.push({ number: lines.length + 1, offset, text: text.replace(/\r$/, '') })
    offset += Buffer.byteLength(text) + 1
  }
  return { lines, isWhole: bytes.length <= maxBytes && texts.length <= maxLines }
}

/** The lines as sources to be parsed: in portions, each line in one of them. */
export function sourcesOf(lines: readonly GivenLine[], about: Omit<ParseSource, 'lines'>): ParseSource[] {
  const sources: ParseSource[] = []
  let length = Infinity
  for (const { offset, text } of lines) {
    const line = { offset, text: text.slice(0, parseLimits.lineLength) }
    length += line.text.length
    const last = sources.at(-1)
    if (last === undefined || last.lines.length >= sourceLines || length > sourceLength) {
      sources.push({ ...about, lines: [line] })
      length = line.text.length
    } else last.lines.push(line)
  }
  return sources
}

function beginningOf(file: string): Buffer {
  let fd: number | null = null
  try {
    fd = openSync(file, 'r')
    const buffer = Buffer.alloc(maxBytes + 1)
    return buffer.subarray(0, readSync(fd, buffer))
  } catch (cause) {
    throw new LogpipeError('settings_invalid', `${file} cannot be read: ${describeError(cause)}.`, { cause })
  } finally {
    if (fd !== null) closeSync(fd)
  }
}
