import { test } from 'node:test'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

for (const form of ['gzip', 'zstd'] as const) {
  test(
    `rotated files that are compressed with ${form}, read to their end or not: every line arrives, once, over a stop and a kill -9`,
    { timeout },
    async (t) => {
      const run = await AgentRun.start(t)
      const log = run.log('app.log')
      for (let round = 0; round < figures.compressions; round++) {
        log.write(500)
        await run.begun(log, log.generator.count - 1)
        if (round % 3 === 1) await run.stop()
        if (round % 3 === 2) await run.kill()
        log.write(500)
        run.dir.rotate('app.log')
        log.write(100)
        // The name is free again: the next one takes it.
        run.dir.compress('app.log.1', form)
        run.dir.rename(
          `app.log.1.${form === 'gzip' ? 'gz' : 'zst'}`,
          `app.log-${round}.${form === 'gzip' ? 'gz' : 'zst'}`,
        )
        if (!run.agent.running) await run.agent.restart()
      }
      await run.conserved()
    },
  )
}
