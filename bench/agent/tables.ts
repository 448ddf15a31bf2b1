import { rounded } from '../lib/report.ts'
import { lineBytes } from '../lib/access-log.ts'
import type { HeapReport } from './heap-profile.ts'
import type { Summary } from './summary.ts'

export type Rows = (string | number)[][]

/** What each contestant reached: medians, and each round's lines a second. */
export function contestantRows({ more }: Summary): Rows {
  const rows = Object.entries(more.contestants).map(([name, figures]) => [
    name,
    figures.linesPerSec,
    rounded((figures.linesPerSec * lineBytes) / 2 ** 20),
    figures.cpuPerMillion,
    figures.rssMiB ?? '-',
    figures.rounds.map((linesPerSec) => Math.round(linesPerSec / 1_000)).join(', '),
  ])
  return [
    ['contestant', 'lines/s', 'MiB/s of lines', 'CPU-s per million', 'memory MiB', 'thousand lines/s by round'],
    ...rows,
  ]
}

/** Where the plain path allocates. */
export function heapRows({ sites }: HeapReport): Rows {
  return [['allocated by', 'bytes a line'], ...sites.map(({ name, bytesPerLine }) => [name, rounded(bytesPerLine)])]
}

/** The heap profile in sentences. */
export function describeHeap({
  bytesPerLine,
  loopBytesPerLine,
  bytesPerBatch,
  linesPerBatch,
  sites,
}: HeapReport): string {
  return (
    `The plain path allocates ${rounded(bytesPerLine)} bytes on the JavaScript heap for each line: ${rounded(loopBytesPerLine)} in the loop over lines, ` +
    `the rest for batches, requests, answers and scans, ${rounded(bytesPerBatch)} for each batch of ${rounded(linesPerBatch)} lines. The function that ` +
    `allocates most makes ${rounded(sites[0]?.bytesPerLine ?? 0)} bytes a line; one that made an object for each line would make 16 or more.`
  )
}
