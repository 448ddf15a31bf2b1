import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { KafkaProxy } from '@logpipe/testkit'
import { ownStack } from '../lib/own-stack.ts'
import { PipelineRun } from '../lib/pipeline-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const stack = await ownStack({ after }, { services: ['kafka'], brokers: 3 })
const { brokers } = stack.addresses.kafka

/** Where in the list of brokers the one stands that leads the first partition of the run's topic. */
async function leaderOf({ cluster, topic }: PipelineRun): Promise<number> {
  await cluster.metadata.refresh([topic])
  const leader = cluster.metadata.cached(topic)?.partitions[0]?.leader ?? -1
  const index = indexOf(cluster.metadata.broker(leader))
  assert.ok(index >= 0, 'the first partition has a leader')
  return index
}

/** A broker that leads a partition and does not coordinate the transfer's group: without its coordinator no partition would go on. */
async function leaderBeside(run: PipelineRun): Promise<number> {
  const { cluster, topic } = run
  await cluster.metadata.refresh([topic])
  const coordinator = await coordinatorOf(run)
  const leaders = cluster.metadata
    .cached(topic)
    ?.partitions.map(({ leader }) => indexOf(cluster.metadata.broker(leader)))
  const index = leaders?.find((leader) => leader >= 0 && leader !== coordinator) ?? -1
  assert.ok(index >= 0, 'the three partitions are led by more than the coordinator')
  return index
}

async function coordinatorOf({ cluster, topic }: PipelineRun): Promise<number> {
  return indexOf(await cluster.coordinator(topic))
}

function indexOf(broker: { host: string; port: number } | undefined): number {
  return brokers.indexOf(`${broker?.host}:${broker?.port}`)
}

test(
  `the leader is killed hard ${figures.leaderKills} times, one after the other: every line is in the index once`,
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers, topicConfigs: {} })
    await whileWriting(run.filling(), async () => {
      for (let kill = 0; kill < figures.leaderKills; kill++) {
        await run.goesOn()
        const leader = stack.kafka[await leaderOf(run)]
        await leader?.kill()
        await run.goesOn(500)
        await leader?.start()
      }
    })
    await run.conserved()
  },
)

test(
  'fewer replicas are in sync than the topic demands: lines wait in the files, and every line is in the index once',
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers, topicConfigs: { 'min.insync.replicas': '3' } })
    await whileWriting(run.filling(), async () => {
      await run.goesOn()
      const leader = stack.kafka[await leaderOf(run)]
      await leader?.kill()
      await run.standsStill(/NOT_ENOUGH_REPLICAS/)
      await leader?.start()
      await run.goesOn(500)
    })
    await run.conserved()
  },
)

test(
  `all brokers are away for ${figures.brokersAwayMs / 1_000} s: agent and transfer wait, and every line is in the index once`,
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers, topicConfigs: {} })
    await whileWriting(run.filling(), async () => {
      await run.goesOn()
      await Promise.all(stack.kafka.map((broker) => broker.kill()))
      await sleep(figures.brokersAwayMs, t.signal)
      await Promise.all(stack.kafka.map((broker) => broker.start()))
      await run.goesOn(500)
    })
    await run.conserved()
  },
)

test(
  `one broker is a black hole to agent and transfer for ${figures.holeMs / 1_000} s, while the others know nothing of it: the other partitions go on, and every line is in the index once`,
  { timeout },
  async (t) => {
    const proxy = await KafkaProxy.start(t, brokers)
    const run = await PipelineRun.start(t, { brokers, programBrokers: proxy.addresses, topicConfigs: {} })
    await whileWriting(run.filling(), async () => {
      await run.goesOn()
      const hole = await leaderBeside(run)
      proxy.brokers[hole]?.blackHole()
      await sleep(figures.holeMs, t.signal)
      // Brokers that are too busy to answer each other elect others: then nothing can go on, and it says so.
      assert.notEqual(await coordinatorOf(run), hole, 'the group still has a coordinator that is no black hole')
      await run.goesOn(100)
      await proxy.heal()
      await run.goesOn(500)
    })
    await run.conserved()
  },
)
