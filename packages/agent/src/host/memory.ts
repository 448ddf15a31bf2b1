import type { Collector, Reading } from './collector.ts'
import { naturalOf, readProc } from './proc.ts'

/** Name in /proc/meminfo → kind. */
const kinds: Readonly<Record<string, string>> = {
  MemTotal: 'total',
  MemFree: 'free',
  MemAvailable: 'available',
  Buffers: 'buffers',
  Cached: 'cached',
  Slab: 'slab',
  Shmem: 'shared',
  Dirty: 'dirty',
  SwapTotal: 'swap_total',
  SwapFree: 'swap_free',
}

/** Memory and swap, from the text of /proc/meminfo. */
export function parseMemory(text: string): Reading[] {
  const values: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const [, name = '', kib] = /^(\w+):\s+(\d+) kB$/.exec(line) ?? []
    const value = naturalOf(kib)
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind !== undefined && value !== null) values[`${kind}_bytes`] = value * 1_024
  }
  return Object.keys(values).length === 0 ? [] : [{ tags: {}, values }]
}

/** What the memory is used for. */
export function memoryCollector(procDir: string): Collector {
  return {
    name: 'memory',
    labels: [],
    measures: [
      {
        metric: 'memory_bytes',
        help: 'Memory of the host; what programs can have is kind available.',
        by: 'kind',
        fields: Object.fromEntries(Object.values(kinds).map((kind) => [`${kind}_bytes`, kind])),
        isFloat: false,
      },
    ],
    collect: async () => parseMemory(await readProc(procDir, 'meminfo')),
  }
}
