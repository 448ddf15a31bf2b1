import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { timeout } from './figures.ts'

const header = `#${'h'.repeat(2_000)}\n`

/** Cuts the file to nothing and lets it grow beyond what it was, all of it unseen. */
function regrow(run: AgentRun, log: Log, first = ''): void {
  const before = run.dir.size(log.name)
  run.dir.truncate(log.name)
  run.dir.append(log.name, first)
  while (run.dir.size(log.name) <= before) log.write(100)
}

test(
  'a file that is cut and has grown past the old offset before the next look is read from its start',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const plain = run.log('plain.log')
    // Its first kilobyte is the same after each cut: only the bytes before the offset tell.
    const headed = run.log('headed.log')
    plain.write(200)
    run.dir.append('headed.log', header)
    headed.write(200)
    const bothRead = async (): Promise<void> => {
      await run.says('plain.log')
      await run.says('headed.log')
    }

    await bothRead()
    await run.hang()
    regrow(run, plain)
    regrow(run, headed, header)
    run.wake()

    await bothRead()
    await run.stop()
    regrow(run, plain)
    regrow(run, headed, header)
    await run.agent.restart()

    await bothRead()
    await run.kill()
    regrow(run, plain)
    await run.agent.restart()
    await run.conserved()
  },
)
