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

/** A cluster client that is closed when the test ends. */
export function testCluster(t: TestContext, brokers = testBrokers()): Cluster {
  const cluster = new Cluster({ brokers, clientId: 'logpipe-test' })
  t.after(() => cluster.close())
  return cluster
}

/** A fresh topic. */
export async function testTopic(t: TestContext, cluster: Cluster, partitions = 1): Promise<string> {
  const topic = uniqueName('test')
  await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, t.signal)
  return topic
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}
