import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { waitFor } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { withoutPowers } from '../lib/rights.ts'
import { smallDisk } from '../lib/small-disk.ts'
import { figures, timeout } from './figures.ts'

/** Something that happens to a file of the registry. */
type Damage = (path: string) => void

const tear: Damage = (path) => truncateSync(path, randomInt(statSync(path).size + 1))
const empty: Damage = (path) => truncateSync(path, 0)
const scribble: Damage = (path) => writeFileSync(path, 'this is no registry')
const flip: Damage = (path) => {
  const bytes = readFileSync(path)
  const at = randomInt(bytes.length || 1)
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << randomInt(8))
  writeFileSync(path, bytes)
}

const damages: [file: string, damage: Damage][] = [
  ['registry.db', tear],
  ['registry.db-wal', tear],
  ['registry.db', empty],
  ['registry.db', flip],
  ['registry.db-wal', flip],
  ['registry.db', scribble],
]

test(
  `a registry torn, emptied, overwritten or with a flipped bit, ${figures.damages} times: no line is missing, no id stands for two`,
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const logs = Array.from({ length: 3 }, (_, i) => run.log(`app-${i}.log`))
    const write = (): void => logs.forEach((log) => log.write(50))
    for (let i = 0; i < figures.damages; i++) {
      const [file, damage] = damages[i % damages.length] as (typeof damages)[number]
      write()
      await run.arrived()
      write()
      await run.kill()
      const path = join(run.agent.dir, 'data', file)
      if (existsSync(path)) damage(path)
      for (const { name } of logs) run.dir.rotate(name)
      write()
      await run.agent.restart()
    }
    // A file without its checkpoint is sent again under another id: that is the price, and it is told.
    await run.conserved({ doublesAllowed: true })
    assert.match(run.agent.output, /The registry is broken and was moved aside; all files are sent again/)
    assert.doesNotMatch(run.agent.output, /\n\s+at /)
  },
)

test(
  'a disk that is full: known files go on, new ones wait, it is said once, and all is as before when there is room',
  { timeout },
  async (t) => {
    const disk = smallDisk(t)
    const run = await AgentRun.start(t, { settings: { dataDir: disk.path } })
    const known = run.log('known.log')
    known.write(100)
    await run.says('known.log')
    disk.fill()
    known.write(100)
    await run.arrived()
    const fresh = Array.from({ length: 300 }, (_, i) => run.log(`new-${i}.log`))
    for (const log of fresh) log.write(1)
    if (disk.isSmall) await run.said(/Positions cannot be written; new files wait until they can/)
    known.write(100)
    await waitFor(async () => (await run.count()) && run.has(known, 299), { what: 'the known file to be read on' })
    const before = run.written
    disk.free()
    await run.arrived(before)
    if (disk.isSmall) await run.said(/Positions are written again/)
    await run.stop()
    await run.agent.restart()
    await run.conserved()
    assert.equal(run.copies, 0)
    t.diagnostic(disk.isSmall ? 'The disk was full.' : 'No small disk could be mounted here: the disk was never full.')
  },
)

test(
  'a folder that cannot be written: the agent says so and does not start, and goes on where it was once it can',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { daemon: { via: withoutPowers } })
    const log = run.log('app.log')
    log.write(100)
    await run.says('app.log')
    await run.stop()
    log.write(100)
    const data = join(run.agent.dir, 'data')
    chmodSync(data, 0o500)
    await run.agent.start()
    const { code } = await run.agent.exited()
    assert.notEqual(code, 0)
    assert.match(run.agent.output, /registry/)
    assert.doesNotMatch(run.agent.output, /\n\s+at /)
    chmodSync(data, 0o700)
    await run.agent.restart()
    await run.conserved()
    assert.equal(run.copies, 0)
  },
)
