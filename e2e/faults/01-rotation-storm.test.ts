import { setImmediate as immediate } from 'node:timers/promises'
import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

const keep = 5
const chunk = 500

test(
  `${figures.rotationWriters} programs write as fast as the disk takes it while their files are rotated: every line arrives, once, in order`,
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const logs = Array.from({ length: figures.rotationWriters }, (_, i) => run.log(`app-${i}.log`))
    /** The first line of each file that is there, by log: newest first. */
    const firsts = new Map<Log, number[]>(logs.map((log) => [log, [0]]))
    const linesPerRotation = figures.rotationLines / figures.rotations
    for (let written = 0; written < figures.rotationLines; written += chunk) {
      for (const log of logs) {
        const files = firsts.get(log) as number[]
        if (log.generator.count - (files[0] ?? 0) >= linesPerRotation) {
          await oldestIsKnown(run, log, files)
          run.dir.rotate(log.name, keep)
          files.unshift(log.generator.count)
          files.length = Math.min(files.length, keep + 1)
        }
        log.write(chunk)
      }
      await immediate()
    }
    await run.conserved()
  },
)

/**
 * A file that comes and goes before the agent has looked once is never seen (known limit). So a rotation that deletes waits, however
 * slow the machine is, until the first line of the file that it deletes has come: what else is in it may be unread.
 */
async function oldestIsKnown(run: AgentRun, log: Log, firsts: number[]): Promise<void> {
  const oldest = firsts[keep]
  if (oldest === undefined || run.has(log, oldest)) return
  await run.begun(log, oldest)
}
