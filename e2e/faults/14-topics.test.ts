import { test } from 'node:test'
import { closeAfter, testServers, waitFor } from '@logpipe/testkit'
import kafkajs from 'kafkajs'
import { PipelineRun } from '../lib/pipeline-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const brokers = testServers().kafkaBrokers

test(
  `the topic is deleted when its lines are in the index: it is made again, ${figures.deletions} times, and every line is in the index once`,
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers })
    const write = run.filling()
    await write()
    await run.indexed()
    for (let i = 0; i < figures.deletions; i++) {
      await run.cluster.deleteTopic(run.topic, AbortSignal.timeout(20_000))
      await write()
      await run.indexed()
    }
    await run.conserved()
  },
)

test(
  'partitions are added under load: the transfer reads them, the agent uses them after a restart, and every line is in the index once',
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers, topicConfigs: {} })
    const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
    closeAfter(t, () => admin.disconnect())
    await admin.connect()
    const write = run.filling()
    await whileWriting(write, async () => {
      await run.goesOn()
      await admin.createPartitions({ topicPartitions: [{ topic: run.topic, count: 5 }] })
      await run.goesOn(500)
    })
    await run.agent.stop()
    await run.agent.restart()
    // The lines of a file share a partition: other partitions are met by other files.
    let files = 0
    const areUsed = async (): Promise<boolean> => {
      for (const end = files + 5; files < end; files++) run.log(`later-${files}.log`).write(1)
      const offsets = await admin.fetchTopicOffsets(run.topic)
      return offsets.every(({ high }) => high !== '0')
    }
    await run.told(() => waitFor(areUsed, { what: 'lines in all partitions', deadlineMs: 30_000, everyMs: 500 }))
    await run.conserved()
  },
)
