import type { Collector, Reading } from './collector.ts'
import { columns, readProc, wordsOf } from './proc.ts'

/** Linux shows times to programs in hundredths of a second on all platforms that Node runs on. */
const ticksPerSecond = 100

/** Mode → its column in /proc/stat. Time of guests is in `user` and `nice` already. */
const modes = { user: 1, nice: 2, system: 3, idle: 4, iowait: 5, irq: 6, softirq: 7, steal: 8 }

const fields = Object.fromEntries(Object.keys(modes).map((mode) => [`${mode}_seconds`, mode]))
const columnsOfFields = Object.fromEntries(Object.entries(modes).map(([mode, column]) => [`${mode}_seconds`, column]))

/** The CPU time of all processors together, and how many there are, from the text of /proc/stat. */
export function parseCpu(text: string): Reading[] {
  const lines = text.split('\n')
  const total = lines.find((line) => line.startsWith('cpu '))
  if (total === undefined) return []
  const values = columns(columnsOfFields, wordsOf(total), ticksPerSecond)
  return [{ tags: {}, values: { ...values, cpus: lines.filter((line) => /^cpu\d/.test(line)).length } }]
}

/** What the processors do. */
export function cpuCollector(procDir: string): Collector {
  return {
    name: 'cpu',
    labels: [],
    measures: [
      {
        metric: 'cpu_seconds_total',
        help: 'CPU time of the host, over all processors.',
        by: 'mode',
        fields,
        isFloat: true,
      },
      { metric: 'cpus', help: 'Processors of the host.', by: null, fields: { cpus: '' }, isFloat: false },
    ],
    collect: async () => parseCpu(await readProc(procDir, 'stat')),
  }
}
