import { setImmediate as immediate } from 'node:timers/promises'
import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

/** Around what a fingerprint needs, and what others take for too little. */
const sizes = [0, 1, 63, 1_023, 1_024, 1_025]

test(
  'files of 0, 1, 63, 1023, 1024 and 1025 bytes that grow byte by byte, over a stop and a kill -9, arrive line by line',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { settings: { discover: { pollMs: 50 } } })
    const logs = sizes.map((bytes) => run.log(`${bytes}.log`, { lineBytes: 60 }))
    logs.forEach((log, i) =>
      run.dir.append(log.name, '#'.repeat(Math.max(0, (sizes[i] as number) - 1)) + (sizes[i] === 0 ? '' : '\n')),
    )
    for (let round = 0; round < figures.byteRounds; round++) {
      await byteByByte(run, logs)
      if (round % 3 === 0) await run.stop()
      else if (round % 3 === 1) await run.kill()
      await byteByByte(run, logs)
      if (!run.agent.running) await run.agent.restart()
    }
    await run.conserved()
  },
)

/** The next line of each, one byte of each in turn; the agent may look after any of them. */
async function byteByByte(run: AgentRun, logs: readonly Log[]): Promise<void> {
  const lines = logs.map((log) => log.bytes(1))
  for (let at = 0; at < (lines[0]?.length ?? 0); at++) {
    logs.forEach((log, i) => run.dir.append(log.name, lines[i]?.subarray(at, at + 1) ?? ''))
    await immediate()
  }
}

test('50 files that begin with the same kilobytes are 50 files, over renames and a kill -9', { timeout }, async (t) => {
  const run = await AgentRun.start(t)
  const logs = Array.from({ length: 50 }, (_, i) => run.log(`app-${i}.log`))
  for (const log of logs) run.dir.append(log.name, `#${'h'.repeat(3_000)}\n`)
  await Promise.all(logs.map(({ name }) => run.says(name)))
  for (const log of logs) log.write(20)
  await run.arrived()
  await run.kill()
  for (const log of logs) {
    log.write(20)
    run.dir.rotate(log.name)
    run.dir.append(log.name, `#${'h'.repeat(3_000)}\n`)
    log.write(20)
  }
  await run.agent.restart()
  await run.conserved()
})
