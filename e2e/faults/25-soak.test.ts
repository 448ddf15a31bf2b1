import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, isLong, timeout } from './figures.ts'

/** What must not grow. */
interface Sample {
  rssMiB: number
  handles: number
  files: number
}

const programs = 4
const tickMs = 100
/** Files that rotation keeps, and how often it happens; each is seen before it is deleted: that takes longer than a scan. */
const keep = 3
const rotateMs = isLong ? 10_000 : 1_500
/** What garbage and timing make of a figure that stays the same. */
const slack = { rssMiB: 48, handles: 12, files: programs * 2 }

test('at half load, with rotation, memory, handles and known files do not grow with time', { timeout }, async (t) => {
  const run = await AgentRun.start(t, { settings: { registry: { forgetMs: 2 * rotateMs } } })
  const logs = Array.from({ length: programs }, (_, i) => run.log(`app-${i}.log`))
  const samples: Sample[] = []
  const began = performance.now()
  let rotations = 0
  // A machine that is busy takes longer until there is something to judge.
  const isEnough = (): boolean => rotations >= 4 && samples.length >= 18
  for (let elapsed = 0; elapsed < figures.soakMs || !isEnough(); elapsed = performance.now() - began) {
    const due = Math.floor((elapsed / 1_000) * figures.soakLinesPerSec)
    if (elapsed >= (rotations + 1) * rotateMs) {
      for (const { name } of logs) run.dir.rotate(name, keep)
      rotations++
      // Now and then, so that there is not an hour of lines to be judged in the end.
      await run.count()
    }
    for (const log of logs) log.write(Math.max(1, due - log.generator.count))
    samples.push(await sample(run))
    await pause(tickMs)
  }
  const third = Math.floor(samples.length / 3)
  const [second, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  for (const figure of ['rssMiB', 'handles', 'files'] as const) {
    const highest = (samples: Sample[]): number => Math.max(...samples.map((one) => one[figure]))
    const [before, after] = [highest(second), highest(last)]
    assert.ok(after <= before + slack[figure], `${figure} grew from ${before} to ${after}`)
  }
  await run.conserved()
  await run.stop()
  const checkpoints = countCheckpoints(run)
  // Those that are there, and those whose time to be forgotten has not come.
  assert.ok(checkpoints <= programs * (keep + 1) * 3 + 1, `the registry knows ${checkpoints} files`)
  t.diagnostic(`${rotations} rotations; at the end ${JSON.stringify(last.at(-1))}, ${checkpoints} checkpoints`)
})

async function sample(run: AgentRun): Promise<Sample> {
  const status = readFileSync(`/proc/${run.agent.pid}/status`, 'utf8')
  return {
    rssMiB: Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024),
    handles: readdirSync(`/proc/${run.agent.pid}/fd`).length,
    files: (await run.files()).length,
  }
}

function countCheckpoints({ agent }: AgentRun): number {
  const db = new DatabaseSync(join(agent.dir, 'data', 'registry.db'), { readOnly: true })
  try {
    return (db.prepare('SELECT count(*) AS count FROM checkpoints').get() as { count: number }).count
  } finally {
    db.close()
  }
}
