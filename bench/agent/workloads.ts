import type { Workloads } from './contestants.ts'
import { type Workload, gbkWorkload, javaWorkload, plainWorkload, splitWorkload, withoutNotFound } from './workload.ts'

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
