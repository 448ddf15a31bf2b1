import { test } from 'node:test'
import { elasticsearch, waitFor } from '@logpipe/testkit'
import { conservationRun, dataStream, type Fault, type RunParts } from './lib/conservation-run.ts'
import { ownStack } from './lib/own-stack.ts'

/** Gives the data stream a new backing index, which knows no id of those before. */
async function rollOver({ stack }: RunParts): Promise<void> {
  const [node = ''] = stack.addresses.elasticsearch.nodes
  const roll = (): Promise<unknown> => elasticsearch(node, 'POST', `/${dataStream}/_rollover`)
  await waitFor(roll, { what: 'a rollover', deadlineMs: 20_000, everyMs: 200 })
}

/** Kills the program the hard way; before it comes back, what it sent stands in an index that is no longer written to. */
function killedAcrossRollover(at: number, program: 'agent' | 'transfer'): Fault {
  return {
    at,
    strike: async (parts) => {
      await parts[program].kill()
      await rollOver(parts)
      await parts[program].start()
    },
  }
}

function rolledOver(at: number): Fault {
  return { at, strike: rollOver }
}

test(
  'each line is in the index once over all backing indices, though both programs are killed and the stream is rolled over between',
  { timeout: 240_000 },
  async (t) => {
    const stack = await ownStack(t, { services: ['kafka', 'elasticsearch'] })
    const faults = [
      rolledOver(0.05),
      killedAcrossRollover(0.15, 'transfer'),
      killedAcrossRollover(0.35, 'agent'),
      rolledOver(0.4),
      killedAcrossRollover(0.6, 'transfer'),
      rolledOver(0.75),
      killedAcrossRollover(0.9, 'agent'),
    ]
    await conservationRun(t, stack, faults, { linesPerFile: 5_000, durationMs: 20_000 })
  },
)
