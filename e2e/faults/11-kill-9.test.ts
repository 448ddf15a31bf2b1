import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

test(
  `killed -9 at ${figures.kills} random moments under load and rotation: every line arrives, under one id, in order`,
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const logs = Array.from({ length: 4 }, (_, i) => run.log(`app-${i}.log`))
    const write = (): void => {
      for (const log of logs) log.write(500)
    }
    for (let kill = 0; kill < figures.kills; kill++) {
      // Looked at before anything is written: an agent that is fast may have sent it all by the time of the look.
      const before = await run.count()
      write()
      if (kill % 3 === 1) for (const { name } of logs) run.dir.rotate(name)
      write()
      // Every other life gets something done; the others end at any moment, before they are ready too.
      if (kill % 2 === 0) {
        await waitFor(async () => (await run.count()) > before, { what: 'some more lines', deadlineMs: 60_000 })
      }
      await sleep(randomInt(1_200), t.signal)
      await run.kill()
      write()
      await run.agent.start()
    }
    await run.agent.ready()
    await run.conserved()
  },
)
