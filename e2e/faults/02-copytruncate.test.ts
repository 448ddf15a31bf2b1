import { setImmediate as immediate } from 'node:timers/promises'
import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

/** Where the copies go, and by which glob the agent looks. */
const places = [
  { where: 'inside the glob', glob: '*.log*' },
  { where: 'outside the glob', glob: '*.log' },
]

for (const { where, glob } of places) {
  test(
    `copytruncate under load, the copy ${where}: every line arrives, once, over a kill -9`,
    { timeout },
    async (t) => {
      const run = await AgentRun.start(t, { glob })
      const logs = Array.from({ length: 2 }, (_, i) => run.log(`app-${i}.log`))
      for (let round = 0; round < figures.copies; round++) {
        for (const log of logs) await writeAndCut(run, log)
        if (round % 4 === 1) {
          await run.kill()
          await run.agent.restart()
        }
      }
      await run.conserved()
    },
  )
}

/** Lines that the agent has begun to read when the file is copied and cut, with more of them behind. */
async function writeAndCut(run: AgentRun, log: Log): Promise<void> {
  const first = log.generator.count
  log.write(1_000)
  await run.begun(log, first)
  for (let i = 0; i < 10; i++) {
    log.write(500)
    await immediate()
  }
  run.dir.copyTruncate(log.name)
}
