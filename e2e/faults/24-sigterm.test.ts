import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaProxy, testServers, waitFor } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

test(
  'SIGTERM under load, again and again: each stop is orderly, nothing is missing and nothing is sent twice',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const logs = Array.from({ length: 4 }, (_, i) => run.log(`app-${i}.log`))
    for (let i = 0; i < figures.stops; i++) {
      const before = await run.count()
      for (const log of logs) log.write(5_000)
      await waitFor(async () => (await run.count()) > before, { what: 'some more lines', deadlineMs: 60_000 })
      await run.stop()
      for (const { name } of logs) run.dir.rotate(name)
      await run.agent.restart()
    }
    await run.conserved()
    assert.equal(run.copies, 0)
  },
)

test(
  'SIGTERM with full queues while Kafka is a black hole, a second one while it waits: it ends, and nothing is missing after',
  { timeout },
  async (t) => {
    const proxy = await KafkaProxy.start(t, testServers().kafkaBrokers)
    const run = await AgentRun.start(t, {
      brokers: proxy.addresses,
      settings: { kafka: { maxInFlightBytes: 4 * 1_048_576 }, shutdownMs: 3_000 },
    })
    const log = run.log('app.log')
    log.write(1_000)
    await run.arrived()
    for (const isSecond of [false, true]) {
      proxy.blackHole()
      log.write(50_000)
      await run.says('app.log', 'that its queues are full', ({ read, acked, size }) => read > acked && read < size)
      run.agent.signal('SIGTERM')
      if (isSecond) {
        await run.said(/Stopping; a second signal stops at once[^]*Stopping; a second signal stops at once/)
        run.agent.signal('SIGTERM')
      }
      // By itself, before anybody kills it: in order after the deadline, at once after the second signal.
      assert.deepEqual(await run.agent.exited(), { code: isSecond ? 143 : 0, signal: null })
      await proxy.heal()
      log.write(100)
      await run.agent.restart()
      await run.arrived()
    }
    await run.conserved()
  },
)
