import { Cluster } from '@logpipe/kafka'
import { closeAfter, randomName, readTopic, testServers } from '@logpipe/testkit'
import { senderConformance } from '../sender.conformance.ts'
import { KafkaSender } from './sender.ts'

const { kafkaBrokers: brokers } = testServers()
/** Kafka's own default is 1 MiB and a bit. */
const maxBatchBytes = 1_100_000

senderConformance('kafka', async (t) => {
  const topic = randomName('agent_sender')
  const cluster = new Cluster({ brokers, clientId: 'agent-test' })
  closeAfter(t, () => cluster.close())
  const sender = new KafkaSender(cluster, { partitions: 1, replication: 'auto' })
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  closeAfter(t, () => sender.close())
  const values = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { value } of readTopic({ brokers, topic })) found.push(value?.toString() ?? '')
    return found
  }
  return { sender, topic, maxBatchBytes, values }
})
