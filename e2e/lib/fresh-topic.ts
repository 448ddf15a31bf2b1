import { Cluster } from '@logpipe/kafka'
import { closeAfter, randomName, type Scope, testServers } from '@logpipe/testkit'

/**
 * The name of a topic that is nobody else's, for an agent to make on the shared servers; deleted at the end of the scope. Ask for it
 * before the programs that use it are started, so that they have ended by then.
 */
export function freshTopic(scope: Scope): string {
  const topic = `${randomName('e2e')}_log`
  closeAfter(scope, async () => {
    const cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'e2e' })
    try {
      const signal = AbortSignal.timeout(10_000)
      if ((await cluster.topics(signal)).includes(topic)) await cluster.deleteTopic(topic, signal)
    } finally {
      await cluster.close()
    }
  })
  return topic
}

/** Makes the topic on the shared servers, with these settings. */
export async function makeTopic(topic: string, configs: Record<string, string>): Promise<void> {
  const cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'e2e' })
  try {
    await cluster.ensureTopic(topic, { partitions: 3, replication: 'auto', configs }, AbortSignal.timeout(10_000))
  } finally {
    await cluster.close()
  }
}
