import { type Collector, type Reading, single } from './collector.ts'
import { readProc, wordsOf } from './proc.ts'

const averages = ['load1', 'load5', 'load15']

/** The load averages, from the text of /proc/loadavg. */
export function parseLoad(text: string): Reading[] {
  const words = wordsOf(text)
  const values: Record<string, number> = {}
  for (const [column, name] of averages.entries()) {
    const word = words[column] ?? ''
    if (/^\d{1,15}(\.\d+)?$/.test(word)) values[name] = Number(word)
  }
  return Object.keys(values).length === 0 ? [] : [{ tags: {}, values }]
}

/** How many threads want to run, on average. */
export function loadCollector(procDir: string): Collector {
  return {
    name: 'load',
    labels: [],
    measures: averages.map((name) => single(name, `Load average over ${name.slice(4)} min.`, name, true)),
    collect: async () => parseLoad(await readProc(procDir, 'loadavg')),
  }
}
