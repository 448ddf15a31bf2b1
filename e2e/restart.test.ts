import { test } from 'node:test'
import { conservationRun, type Fault, killed } from './lib/conservation-run.ts'
import { ownStack } from './lib/own-stack.ts'

const brokerRestarted: Fault = {
  at: 0.5,
  strike: async ({ stack: { kafka } }) => {
    await kafka[0]?.kill('SIGTERM')
    await kafka[0]?.start()
  },
}

test(
  'each line is in the index once, though agent and transfer are killed three times and the broker restarts',
  {
    timeout: 240_000,
  },
  async (t) => {
    const stack = await ownStack(t, { services: ['kafka', 'elasticsearch'] })
    await conservationRun(t, stack, [
      killed(0.1, 'agent'),
      killed(0.2, 'transfer'),
      killed(0.35, 'agent'),
      brokerRestarted,
      killed(0.75, 'transfer'),
      killed(0.8, 'agent'),
      killed(0.9, 'transfer'),
    ])
  },
)
