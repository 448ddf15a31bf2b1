import { type Collector, type Measure, type Reading, single } from './collector.ts'
import { columns, readProc, wordsOf } from './proc.ts'

/** Field → its column in /proc/net/dev, behind the interface's name. */
const counts = {
  receive_bytes: 0,
  receive_packets: 1,
  receive_errors: 2,
  receive_drops: 3,
  transmit_bytes: 8,
  transmit_packets: 9,
  transmit_errors: 10,
  transmit_drops: 11,
}

/** What went through the interfaces that `isMeant` takes, from the text of /proc/net/dev. */
export function parseNetwork(text: string, isMeant: (name: string) => boolean): Reading[] {
  const readings: Reading[] = []
  for (const line of text.split('\n')) {
    // An alias has a colon in its name; the counts have none.
    const colon = line.lastIndexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim()
    if (name === '' || !isMeant(name)) continue
    const values = columns(counts, wordsOf(line.slice(colon + 1)))
    if (Object.keys(values).length > 0) readings.push({ tags: { interface: name }, values })
  }
  return readings
}

/** What goes through the network. */
export function networkCollector(procDir: string, isMeant: (name: string) => boolean): Collector {
  return {
    name: 'network',
    labels: ['interface'],
    measures: Object.keys(counts).map(measureOf),
    collect: async () => parseNetwork(await readProc(procDir, 'net/dev'), isMeant),
  }
}

function measureOf(field: string): Measure {
  const [direction, unit] = field.split('_')
  const way = direction === 'receive' ? 'received by' : 'sent by'
  return single(`network_${field}_total`, `Network ${unit} ${way} an interface.`, field)
}
