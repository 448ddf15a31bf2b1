import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ExpectedRecords, Tally } from '../lib/expected.ts'
import { accessLineNumber, isNotFound, lineBytes, writeAccessLog } from '../lib/access-log.ts'
import { chineseValueBytes, gbkLineBytes, writeChineseLog } from '../lib/chinese-log.ts'
import { writeJavaLog } from '../lib/java-log.ts'
import type { ReadOrigin } from '../lib/verify-topic.ts'

/** Files to be collected and what must come of them. Made once, moved into place and back by each round. */
export interface Workload {
  /** Lines of the files. */
  readonly lines: number
  /** Records at which the clock of a round stops; later ones come after a wait that is none of the work. */
  readonly timedRecords: number
  readonly files: readonly string[]
  /** The records of one of the files, which stands at `path` now. Reads it: nothing of it is held between rounds. */
  readonly expect: (path: string) => ExpectedRecords
}

/** One file of access lines. */
export async function plainWorkload(folder: string, lines: number): Promise<Workload> {
  const file = join(folder, 'access')
  await writeAccessLog(file, lines)
  return {
    lines,
    timedRecords: lines,
    files: [file],
    expect: (path) => ExpectedRecords.ofLines(readFileSync(path), lineBytes),
  }
}

/** The same file, of which the lines with status 404 are dropped: one in twenty. */
export function withoutNotFound(plain: Workload): Workload {
  let kept = 0
  for (let line = 0; line < plain.lines; line++) if (!isNotFound(line)) kept++
  const expect = (path: string): ExpectedRecords =>
    ExpectedRecords.ofLines(readFileSync(path), lineBytes, (line) => !isNotFound(line))
  return { ...plain, timedRecords: kept, expect }
}

/** The same bytes in several files. */
export async function splitWorkload(folder: string, lines: number, count: number): Promise<Workload> {
  const from = (index: number): number => Math.floor((lines * index) / count)
  const files = Array.from({ length: count }, (_, index) => join(folder, `part-${index}`))
  for (const [index, file] of files.entries()) await writeAccessLog(file, from(index + 1) - from(index), from(index))
  return { lines, timedRecords: lines, files, expect: (path) => ExpectedRecords.ofLines(readFileSync(path), lineBytes) }
}

/** One file of Java traces and single lines. */
export async function javaWorkload(folder: string, lines: number): Promise<Workload> {
  const file = join(folder, 'java')
  const { lines: written, starts } = await writeJavaLog(file, lines)
  const offsets = starts.map((line) => line * lineBytes)
  // The last event is known to be whole only after the timeout.
  const timedRecords = starts.length - 1
  return {
    lines: written,
    timedRecords,
    files: [file],
    expect: (path) => ExpectedRecords.ofEvents(readFileSync(path), offsets),
  }
}

/** One file of Chinese text in GBK. */
export async function gbkWorkload(folder: string, lines: number): Promise<Workload> {
  const [file, values] = [join(folder, 'gbk'), join(folder, 'gbk-as-utf8')]
  await writeChineseLog(file, values, lines)
  const expect = (): ExpectedRecords => ExpectedRecords.ofValues(readFileSync(values), chineseValueBytes, gbkLineBytes)
  return { lines, timedRecords: lines, files: [file], expect }
}

/**
 * Moves the files into `folder`, runs `use` with their paths there, and takes them back. Who watches the folder sees whole files
 * appear, one right after the other.
 */
export async function inPlace<T>(
  { files }: Workload,
  folder: string,
  use: (arrive: () => readonly string[]) => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true })
  const paths = files.map((file) => join(folder, `${basename(file)}.log`))
  const moved: [file: string, path: string][] = []
  const arrive = (): readonly string[] => {
    for (const [index, file] of files.entries()) {
      const path = paths[index] as string
      renameSync(file, path)
      moved.push([file, path])
    }
    return paths
  }
  try {
    return await use(arrive)
  } finally {
    for (const [file, path] of moved) renameSync(path, file)
  }
}

/** What a topic must hold when the files at these paths were collected. */
export function tallyOf({ expect }: Workload, paths: readonly string[]): Tally {
  return new Tally(paths.map((path) => ({ path, records: expect(path) })))
}

/** Origins of records that have no headers, by the number that each access line carries. All are taken to be of the file at `path`. */
export function originFromContent(path: string): ReadOrigin {
  return ({ buffer, valueStart, valueEnd }) => {
    const line = accessLineNumber(buffer, valueStart, valueEnd)
    return { path, offset: line < 0 ? -1 : line * lineBytes }
  }
}
