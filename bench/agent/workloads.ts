import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isNotFound, lineBytes, writeAccessLog } from '../lib/access-log.ts'
import { chineseValueBytes, gbkLineBytes, writeChineseLog } from '../lib/chinese-log.ts'
import { ExpectedRecords } from '../lib/expected.ts'
import { writeJavaLog } from '../lib/java-log.ts'
import type { Workload } from './workload.ts'

/** The files of the kinds, each made when it is first asked for. */
export interface Workloads {
  /** One file of access lines. */
  plain(): Promise<Workload>
  /** The same file, of which the lines with status 404 are dropped: one in twenty. */
  notFoundDropped(): Promise<Workload>
  /** One file of Java traces and single lines. */
  java(): Promise<Workload>
  /** One file of Chinese text in GBK. */
  gbk(): Promise<Workload>
  /** The bytes of the plain file in 100 files. */
  split(): Promise<Workload>
}

const splitFiles = 100

/** Workloads of so many lines in `folder`, each written when it is first asked for, with a word about it. */
export function makeWorkloads(folder: string, lines: number): Workloads {
  const once = (what: string, make: () => Promise<Workload>): (() => Promise<Workload>) => {
    let made: Promise<Workload> | undefined
    return () => {
      if (made === undefined) {
        console.log(`Writing ${lines.toLocaleString('en')} lines: ${what} …`)
        made = make()
      }
      return made
    }
  }
  const plain = once('access log', () => plainWorkload(folder, lines))
  return {
    plain,
    notFoundDropped: async () => withoutNotFound(await plain()),
    java: once('Java traces', () => javaWorkload(folder, lines)),
    gbk: once('Chinese in GBK', () => gbkWorkload(folder, lines)),
    split: once(`access log in ${splitFiles} files`, () => splitWorkload(folder, lines, splitFiles)),
  }
}

async function plainWorkload(folder: string, lines: number): Promise<Workload> {
  const file = join(folder, 'access')
  await writeAccessLog(file, lines)
  return {
    lines,
    timedRecords: lines,
    files: [file],
    expect: (path) => ExpectedRecords.ofLines(readFileSync(path), lineBytes),
  }
}

function withoutNotFound(plain: Workload): Workload {
  let kept = 0
  for (let line = 0; line < plain.lines; line++) if (!isNotFound(line)) kept++
  const expect = (path: string): ExpectedRecords =>
    ExpectedRecords.ofLines(readFileSync(path), lineBytes, (line) => !isNotFound(line))
  return { ...plain, timedRecords: kept, expect }
}

async function splitWorkload(folder: string, lines: number, count: number): Promise<Workload> {
  const from = (index: number): number => Math.floor((lines * index) / count)
  const files = Array.from({ length: count }, (_, index) => join(folder, `part-${index}`))
  for (const [index, file] of files.entries()) await writeAccessLog(file, from(index + 1) - from(index), from(index))
  return { lines, timedRecords: lines, files, expect: (path) => ExpectedRecords.ofLines(readFileSync(path), lineBytes) }
}

async function javaWorkload(folder: string, lines: number): Promise<Workload> {
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

async function gbkWorkload(folder: string, lines: number): Promise<Workload> {
  const [file, values] = [join(folder, 'gbk'), join(folder, 'gbk-as-utf8')]
  await writeChineseLog(file, values, lines)
  const expect = (): ExpectedRecords => ExpectedRecords.ofValues(readFileSync(values), chineseValueBytes, gbkLineBytes)
  return { lines, timedRecords: lines, files: [file], expect }
}
