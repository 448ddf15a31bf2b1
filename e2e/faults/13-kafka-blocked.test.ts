import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { KafkaProxy, testServers } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

/** How Kafka is out of reach. */
const blocks: Record<string, (proxy: KafkaProxy) => Promise<void> | void> = {
  'is a black hole': (proxy) => proxy.blackHole(),
  'takes everything and answers nothing': (proxy) => proxy.holdAnswers(),
  'refuses connections': (proxy) => proxy.refuse(),
}

for (const [how, block] of Object.entries(blocks)) {
  test(
    `Kafka ${how} while a quiet file is closed, and lines are appended: all of them arrive, memory stays within its bound`,
    { timeout },
    async (t) => {
      const proxy = await KafkaProxy.start(t, testServers().kafkaBrokers)
      const run = await AgentRun.start(t, {
        brokers: proxy.addresses,
        // One handle, so that the quiet file is closed as soon as another is read.
        settings: { read: { maxOpenFiles: 1 }, kafka: { maxInFlightBytes: 8 * 1_048_576 } },
        maxRssMiB: 260,
      })
      const quiet = run.log('quiet.log')
      const busy = run.log('busy.log')
      quiet.write(100)
      await run.says('quiet.log')

      await block(proxy)
      quiet.write(100)
      await run.says('quiet.log', 'that it was read', ({ read, acked }) => read > acked)
      busy.write(figures.blockedLines)
      await run.says('busy.log', 'that it is read, as far as memory goes', ({ read }) => read > 0)
      // Its handle is with the other now; these lines are seen by looking, and read by opening it again.
      quiet.write(100)
      await sleep(figures.blockedMs, t.signal)
      const { read } = await run.says('busy.log', 'anything', () => true)
      assert.ok(read < 100 * 1_048_576, `${read} bytes were read`)

      await proxy.heal()
      await run.fresh()
      await run.conserved()
    },
  )
}
