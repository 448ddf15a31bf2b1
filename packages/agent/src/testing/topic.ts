import { Cluster } from '@logpipe/kafka'
import { closeAfter, randomName, type Scope, testServers } from '@logpipe/testkit'

/** The name of a topic of the test's own, deleted at the end of the scope. */
export function testTopic(scope: Scope, prefix: string): string {
  const topic = randomName(prefix)
  closeAfter(scope, async () => {
    const cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'agent-test' })
    await cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  return topic
}
