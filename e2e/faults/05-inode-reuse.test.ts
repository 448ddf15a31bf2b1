import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { timeout } from './figures.ts'

const notReused =
  'The file system gave the inode of a deleted file to no other: the test was one of a new file each time.'

test(
  'a file deleted and made anew with its inode, smaller or larger, at once, over a stop and over a kill -9, is another file',
  { timeout },
  async (t) => {
    // A handle would keep the inode, so the agent holds one at a time.
    const run = await AgentRun.start(t, { settings: { read: { maxOpenFiles: 1 } } })
    const shrinks = run.log('shrinks.log')
    const grows = run.log('grows.log')
    const last = run.log('last.log')
    const recreate = (log: Log, lines: number): void => {
      if (!run.dir.recreateSameInode(log.name, log.bytes(lines))) t.diagnostic(notReused)
    }
    const recreateBoth = (round: number): void => {
      recreate(shrinks, 200 - 50 * round)
      recreate(grows, 200 + 50 * round)
    }
    shrinks.write(200)
    grows.write(200)
    await run.says('shrinks.log')
    await run.says('grows.log')
    // Takes the one handle from them.
    last.write(200)
    await run.says('last.log')
    await run.hang()
    recreateBoth(1)
    run.wake()
    await run.arrived()

    await run.stop()
    recreateBoth(2)
    await run.agent.restart()
    await run.arrived()

    await run.kill()
    recreateBoth(3)
    await run.agent.restart()
    await run.conserved()
  },
)
