import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Cluster } from './cluster/cluster.ts'

/** The broker that `npm test` started. Throws a sentence where there is none. */
export function testBrokers(): string[] {
  const text = process.env['LOGPIPE_TEST_KAFKA']
  if (text === undefined) {
    throw new LogpipeError('server_not_ready', 'LOGPIPE_TEST_KAFKA is not set: run the tests by `npm test`.')
  }
  return text.split(',')
}

const madeTopics = new WeakMap<Cluster, string[]>()

/** A cluster client; at the end of the test its topics are deleted, then it is closed. */
export function testCluster(t: TestContext, brokers = testBrokers()): Cluster {
  const cluster = new Cluster({ brokers, clientId: 'logpipe-test' })
  const topics: string[] = []
  madeTopics.set(cluster, topics)
  t.after(async () => {
    for (const topic of topics) await cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  return cluster
}

/** A fresh topic, gone at the end of the test. */
export async function testTopic(t: TestContext, cluster: Cluster, partitions = 1): Promise<string> {
  const topic = uniqueName('test')
  await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, t.signal)
  madeTopics.get(cluster)?.push(topic)
  return topic
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}
