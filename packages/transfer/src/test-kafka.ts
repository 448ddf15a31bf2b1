import type { TestContext } from 'node:test'
import { Cluster, type PlainRecord, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter, testServers } from '@logpipe/testkit'

/** A client of the test's Kafka, closed when the test ends. */
export function testCluster(t: TestContext): Cluster {
  const cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'logpipe-test' })
  closeAfter(t, () => cluster.close())
  return cluster
}

/** Makes a topic that goes away with the test. */
export async function testTopic(t: TestContext, cluster: Cluster, topic: string, partitions = 1): Promise<void> {
  await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, t.signal)
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
}

/** Appends one record batch. */
export async function produce(
  cluster: Cluster,
  topic: string,
  partition: number,
  records: readonly PlainRecord[],
): Promise<void> {
  const producer = new Producer(cluster)
  const encoder = new RecordBatchEncoder(1_048_576)
  encoder.reset(records[0]?.timestampMs)
  for (const record of records) {
    if (!encoder.appendRecord(record)) throw new RangeError('The test makes a batch of more than 1 MiB.')
  }
  await producer.send(topic, partition, await encoder.seal('zstd'))
  producer.close()
}
