import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

/** Lines, three rotations with lines after each, and the oldest file deleted: `x.4`, or with `keep` 2 the file that was `x` before. */
function rotateThrice(run: AgentRun, log: Log, keep: number): void {
  log.write(100)
  for (let i = 0; i < 3; i++) {
    run.dir.rotate(log.name, keep)
    log.write(100)
  }
}

for (const how of ['stopped', 'killed'] as const) {
  test(
    `three rotations and the deletion of the oldest while the agent is ${how}: it reads on where it was`,
    { timeout },
    async (t) => {
      const run = await AgentRun.start(t)
      const log = run.log('app.log')
      log.write(200)
      run.dir.rotate('app.log')
      log.write(200)
      await run.arrived()
      await (how === 'stopped' ? run.stop() : run.kill())
      // What was `app.log.1` has arrived, becomes `app.log.4`, and is deleted.
      rotateThrice(run, log, 3)
      await run.agent.restart()
      await run.conserved()
    },
  )
}

test(
  'three rotations and the deletion of the oldest, unread, while the agent hangs: it reads on what it holds open',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { settings: { discover: { pollMs: 100 } } })
    const log = run.log('app.log')
    log.write(200)
    await run.says('app.log')
    await run.hang()
    // What is `app.log` now becomes `app.log.3` and is deleted; more than is read before the next scan finds that out.
    log.write(60_000)
    rotateThrice(run, log, 2)
    await sleep(figures.hangMs, t.signal)
    run.wake()
    await run.conserved()
  },
)
