import { test } from 'node:test'
import { AgentRun } from '../lib/agent-run.ts'
import { watchesAtMost } from '../lib/without-watches.ts'
import { timeout } from './figures.ts'

/** More than the kernel queues for one watcher by default (16,384). */
const events = 20_000

for (const watches of [0, 3]) {
  test(
    `where the system lets it watch ${watches} folders, lines of all folders arrive, old and new ones`,
    { timeout },
    async (t) => {
      const via = watchesAtMost(watches)
      if (via === null) t.diagnostic('User namespaces are forbidden here: watches were not limited.')
      const run = await AgentRun.start(t, { glob: '**/*.log*', daemon: { via: via ?? [] } })
      for (let i = 0; i < 8; i++) {
        run.dir.append(`folder-${i}/app.log`, '')
        run.log(`folder-${i}/app.log`).write(20)
      }
      await run.arrived()
      if (via !== null) await run.said(/The system gives no more watches on folders/)
      for (let i = 0; i < 8; i++) {
        run.dir.rotate(`folder-${i}/app.log`)
        run.log(`folder-${i}/app.log`).write(20)
      }
      await run.conserved()
    },
  )
}

test(
  'more events than the system queues while the agent hangs: every line arrives all the same',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const [a, b] = [run.log('a.log', { lineBytes: 60 }), run.log('b.log', { lineBytes: 60 })]
    a.write(10)
    b.write(10)
    await run.arrived()
    await run.hang()
    // By turns: the kernel makes one of the same event twice.
    for (let i = 0; i < events / 2; i++) for (const log of [a, b]) log.write(1)
    run.dir.rotate('a.log')
    a.write(10)
    run.wake()
    await run.conserved()
  },
)
