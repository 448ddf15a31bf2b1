import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import type { ServerHandle } from '@logpipe/stack'
import { conservationRun, type Fault, killed, type RunParts } from './lib/conservation-run.ts'
import { ownStack } from './lib/own-stack.ts'

/** The broker that leads the first partition of the topic; asserts that it is replicated three times, two of them at least in sync. */
async function leader({ stack, topic }: RunParts): Promise<ServerHandle> {
  const { brokers } = stack.addresses.kafka
  const cluster = new Cluster({ brokers, clientId: 'e2e' })
  try {
    const [partition] = (await cluster.metadata.topic(topic)).partitions
    assert.equal(partition?.replicas.length, 3, 'the topic that the agent made is replicated three times')
    assert.ok(partition.inSync.length >= 2, 'two replicas at least are in sync')
    const broker = cluster.metadata.broker(partition.leader)
    const handle = stack.kafka[brokers.indexOf(`${broker?.host}:${broker?.port}`)]
    assert.ok(handle, 'the first partition has a leader')
    return handle
  } finally {
    await cluster.close()
  }
}

let dead: ServerHandle | undefined

const leaderKilled: Fault = {
  at: 0.3,
  strike: async (parts) => {
    dead = await leader(parts)
    await dead.kill('SIGKILL')
  },
}

const leaderBack: Fault = { at: 0.7, strike: async () => dead?.start() }

test(
  'each line is in the index once, though the leader is killed for half of the run, and agent and transfer beside it',
  {
    timeout: 240_000,
  },
  async (t) => {
    const stack = await ownStack(t, { services: ['kafka', 'elasticsearch'], brokers: 3 })
    await conservationRun(t, stack, [
      killed(0.1, 'agent'),
      killed(0.2, 'transfer'),
      leaderKilled,
      killed(0.4, 'agent'),
      killed(0.5, 'transfer'),
      leaderBack,
      killed(0.8, 'agent'),
      killed(0.9, 'transfer'),
    ])
  },
)
