import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { sourceIdLength } from '@logpipe/config'
import { sleep } from '@logpipe/runtime'
import { readTopic, testServers } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

test(
  `killed -9 ${figures.epochKills} times while epochs change: every line arrives, under the one id it had`,
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const logs = Array.from({ length: 2 }, (_, i) => run.log(`app-${i}.log`))
    for (let kill = 0; kill < figures.epochKills; kill++) {
      // Enough in each second for a new epoch, for at least two of them.
      const endAt = Date.now() + randomInt(2_200, 3_500)
      while (Date.now() < endAt) {
        for (const log of logs) log.write(2_000)
        await sleep(200, t.signal)
      }
      await run.kill()
      if (kill % 2 === 1) for (const { name } of logs) run.dir.rotate(name)
      await run.agent.restart()
    }
    await run.conserved()
    const epochs = new Map<string, Set<string>>()
    for await (const { source } of readTopic({ brokers: testServers().kafkaBrokers, topic: run.topic })) {
      const id = source?.id ?? ''
      const known = epochs.get(id.slice(-sourceIdLength)) ?? new Set()
      epochs.set(id.slice(-sourceIdLength), known.add(id))
    }
    const most = Math.max(...[...epochs.values()].map(({ size }) => size))
    assert.ok(most > 2, `no file had more than ${most} epochs`)
  },
)
