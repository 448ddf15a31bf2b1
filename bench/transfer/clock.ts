import { sleep } from '@logpipe/runtime'
import { cpuSeconds } from '../lib/cpu.ts'
import type { Round } from './lab.ts'

export interface Work {
  /** Documents in all. */
  readonly total: number
  /** Documents done so far. */
  count(): Promise<number>
  /** The processes whose CPU counts. */
  readonly pids: readonly number[]
  /** The last words of one that has ended, else null. */
  lastWords?(): string | null
}

/** The clock runs between these parts of the work: starting up, warming up and the last, half-empty requests are not in it. */
const from = 0.15
const to = 0.95
const lookMs = 100
/** Without a document for so long, nothing more is to come. */
const stuckMs = 60_000

/** Clocks work that is under way: documents a second between 15 and 95 % of it, and the CPU they took. Resolves when all is done. */
export async function clockWork(work: Work, signal: AbortSignal): Promise<Round> {
  const cpu = (): number => work.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  let first: { count: number; ms: number; cpu: number } | null = null
  let round: Round | null = null
  let last = 0
  let grewMs = performance.now()
  for (;;) {
    const words = work.lastWords?.() ?? null
    if (words !== null) throw new Error(`It ended with ${last} of ${work.total} documents done. ${words}`)
    const count = await work.count()
    const ms = performance.now()
    if (count > last) grewMs = ms
    last = count
    if (first === null && count >= work.total * from) first = { count, ms, cpu: cpu() }
    if (first !== null && round === null && count >= work.total * to && count > first.count) {
      const documents = count - first.count
      round = {
        docsPerSec: documents / ((ms - first.ms) / 1_000),
        cpuPerMillion: ((cpu() - first.cpu) / documents) * 1e6,
      }
    }
    if (count >= work.total) {
      if (round === null)
        throw new Error(`${work.total} documents were done before the clock could look; take more of them.`)
      return round
    }
    if (ms - grewMs > stuckMs) {
      throw new Error(`${count} of ${work.total} documents were done, and none for ${stuckMs / 1_000} s.`)
    }
    await sleep(lookMs, signal)
  }
}
