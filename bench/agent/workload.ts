import { mkdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ExpectedRecords } from '../lib/expected.ts'
import { Tally } from '../lib/tally.ts'
import { accessLineNumber, lineBytes } from '../lib/access-log.ts'
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
