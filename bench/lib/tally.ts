import type { ExpectedRecords } from './expected.ts'

/** The records of several files, numbered through in the order of the files, and which of them have been met. */
export class Tally {
  readonly #files: { path: string; first: number; records: ExpectedRecords }[] = []
  readonly #byPath = new Map<string, number>()
  readonly #seen: Uint8Array
  readonly count: number

  constructor(files: readonly { path: string; records: ExpectedRecords }[]) {
    let count = 0
    for (const [index, { path, records }] of files.entries()) {
      this.#byPath.set(path, index)
      this.#files.push({ path, first: count, records })
      count += records.count
    }
    this.count = count
    this.#seen = new Uint8Array(count)
  }

  /** The record at this offset of the file is there, with these bytes. Throws a sentence where that is not so, or it was there before. */
  meet(path: string, offset: number, bytes: Buffer, start: number, end: number): void {
    const file = this.#files[this.#byPath.get(path) ?? -1]
    if (file === undefined) throw new Error(`A record says that it comes from ${path}, which was not collected.`)
    const index = file.records.indexAt(offset)
    if (index < 0) throw new Error(`A record says that it begins at ${offset} of ${path}, where none begins.`)
    if (this.#seen[file.first + index] !== 0) throw new Error(`The record at ${offset} of ${path} is there twice.`)
    if (!file.records.isValue(index, bytes, start, end)) {
      const text = bytes.toString('utf8', start, Math.min(end, start + 300))
      throw new Error(`The record at ${offset} of ${path} is not what the file holds. It reads: ${text}`)
    }
    this.#seen[file.first + index] = 1
  }

  /** Throws a sentence that names the first record that has not been met. */
  requireAll(): void {
    const missing = this.#seen.indexOf(0)
    if (missing < 0) return
    const count = this.#seen.reduce((sum, seen) => sum + (seen === 0 ? 1 : 0), 0)
    const file = this.#files.findLast(({ first }) => first <= missing)
    throw new Error(
      `${count} of ${this.count} records are missing; the first is number ${missing - (file?.first ?? 0)} of ${file?.path}.`,
    )
  }
}
