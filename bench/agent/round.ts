import { sleep } from '@logpipe/runtime'
import { cpuSeconds, residentMiB } from '../lib/cpu.ts'
import { countRecords } from '../lib/verify-topic.ts'
import type { Lab } from './lab.ts'

/** What one contestant did in one round. */
export interface Round {
  linesPerSec: number
  /** CPU seconds, user and system, of its process for a million lines. */
  cpuPerMillion: number
  /** Resident memory at the end; null where it has ended by then. */
  rssMiB: number | null
}

/** A process that collects files while the bench looks on. */
export interface Watched {
  readonly name: string
  readonly pid: number
  /** Its last words where it has ended, else null. */
  lastWords(): string | null
}

const lookMs = 20
/** Without a new record for so long, nothing more is to come. */
const stuckMs = 60_000

/**
 * Clocks a collector that runs already: from the moment when the files appear until the broker holds `records` records. Rejects
 * with a sentence when the collector ends, or when no record has come for a minute.
 */
export async function clockDelivery(
  lab: Lab,
  topic: string,
  collector: Watched,
  { lines, records, arrive }: { lines: number; records: number; arrive: () => void },
): Promise<Round> {
  const cpuBefore = cpuSeconds(collector.pid)
  const startedMs = performance.now()
  arrive()
  await untilRecords(lab, topic, collector, records)
  const seconds = (performance.now() - startedMs) / 1_000
  const cpu = cpuSeconds(collector.pid) - cpuBefore
  return { linesPerSec: lines / seconds, cpuPerMillion: (cpu / lines) * 1e6, rssMiB: residentMiB(collector.pid) }
}

/** Resolves when the topic holds so many records. */
export async function untilRecords(lab: Lab, topic: string, collector: Watched, records: number): Promise<void> {
  let last = 0
  let grewMs = performance.now()
  for (;;) {
    const found = await countRecords(lab.cluster, topic, lab.signal)
    if (found >= records) return
    const words = collector.lastWords()
    if (words !== null) throw new Error(`${collector.name} ended with ${found} of ${records} records sent. ${words}`)
    if (found > last) grewMs = performance.now()
    if (performance.now() - grewMs > stuckMs) {
      throw new Error(`${collector.name} sent ${found} of ${records} records, and none for ${stuckMs / 1_000} s.`)
    }
    last = found
    await sleep(lookMs, lab.signal)
  }
}
