import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { type Daemon, waitFor } from '@logpipe/testkit'
import { type HeapProfileNode, type HeapReport, summarizeHeap } from './heap-profile.ts'
import type { Lab } from './lab.ts'
import { agentRound } from './logagent.ts'
import type { Workload } from './workload.ts'

/**
 * A round of logagent that is not clocked: what it allocates on the JavaScript heap from the moment when the file appears until
 * the broker holds all lines. Reading, sending, registry, scans and metrics are all in it.
 */
export async function heapRound(lab: Lab, workload: Workload): Promise<HeapReport> {
  const file = join(lab.folder, 'heap.json')
  const sampler = new URL('heap-sampler.ts', import.meta.url)
  const turn = async (agent: Daemon, written: string): Promise<void> => {
    agent.signal('SIGUSR2')
    await waitFor(() => existsSync(written), { what: `the heap sampler to write ${written}`, deadlineMs: 60_000 })
  }
  let batches = 0
  await agentRound(lab, workload, {
    entry: { compression: 'none' },
    env: {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${sampler.href}`,
      LOGPIPE_BENCH_HEAP: file,
    },
    before: (agent) => turn(agent, `${file}.begun`),
    after: async (agent) => {
      await turn(agent, file)
      batches = await sentBatches(agent)
    },
  })
  const { head } = JSON.parse(readFileSync(file, 'utf8')) as { head: HeapProfileNode }
  return summarizeHeap(head, { lines: workload.lines, batches })
}

async function sentBatches(agent: Daemon): Promise<number> {
  const text = await (await fetch(`${agent.url}/metrics`, { signal: AbortSignal.timeout(5_000) })).text()
  const samples = [...text.matchAll(/^logagent_sent_batches_total\{[^}]*\} (\d+)/gm)]
  return samples.reduce((sum, [, count]) => sum + Number(count), 0)
}
