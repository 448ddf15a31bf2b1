import { sleep } from '@logpipe/runtime'
import { cpuSeconds } from '../lib/cpu.ts'
import { median } from '../lib/report.ts'
import type { Pipeline } from './running.ts'

export interface Sustained {
  /** Lines that became documents a second, first quarter left out. */
  linesPerSec: number
  /** Lines written and not indexed yet: medians of the second and of the last quarter. */
  lagBefore: number
  lagAfter: number
  /** Whether it grew by no more than half a second's lines and half of what it was. */
  isFlat: boolean
  agentCpuPerMillion: number
  transferCpuPerMillion: number
}

const lookMs = 1_000

/** Writes at this pace for so long, and looks every second at how far behind the index is. */
export async function sustain(
  { place, writer, agent, transfer, stream, check }: Pipeline,
  pace: { linesPerSec: number; seconds: number },
): Promise<Sustained> {
  const { elasticsearch, signal } = place
  const seen: { ms: number; indexed: number; lag: number; agentCpu: number; transferCpu: number }[] = []
  let isWriting = true
  const watching = (async () => {
    while (isWriting) {
      check()
      const indexed = await elasticsearch.indexed(stream)
      seen.push({
        ms: performance.now(),
        indexed,
        lag: writer.written - indexed,
        agentCpu: cpuSeconds(agent.pid as number),
        transferCpu: cpuSeconds(transfer.pid as number),
      })
      await sleep(lookMs, signal)
    }
  })()
  await Promise.race([writer.run(pace, signal), watching])
  isWriting = false
  await watching

  const quarter = Math.floor(seen.length / 4)
  const first = seen[quarter]
  const last = seen.at(-1)
  if (quarter < 2 || first === undefined || last === undefined) throw new Error('A sustained rate needs a longer run.')
  const lines = last.indexed - first.indexed
  const lagBefore = median(seen.slice(quarter, 2 * quarter).map(({ lag }) => lag))
  const lagAfter = median(seen.slice(-quarter).map(({ lag }) => lag))
  return {
    linesPerSec: lines / ((last.ms - first.ms) / 1_000),
    lagBefore,
    lagAfter,
    isFlat: lagAfter - lagBefore <= Math.max(pace.linesPerSec, lagBefore) / 2,
    agentCpuPerMillion: ((last.agentCpu - first.agentCpu) / lines) * 1e6,
    transferCpuPerMillion: ((last.transferCpu - first.transferCpu) / lines) * 1e6,
  }
}
