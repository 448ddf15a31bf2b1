import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { silentLogger } from '@logpipe/runtime'
import { pack } from './harvest/packed/testing.ts'
import { Rig } from './testing/rig.ts'

/** The packed files have their turns first. */
const entries = [{ path: '*.gz' }, { path: '*.log*', exclude: ['*.gz'] }]
const lines = Array.from({ length: 3_000 }, (_, i) => `line ${i} ${Math.sin(i)}`)

async function pollFor(rig: Rig, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await rig.pollAfter(1_000)
}

test('a file that is found together with its packed form is read once, whichever comes first, and so it is after a restart', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log.1', lines)
  writeFileSync(rig.dir.file('a.log.1.gz'), pack.gzip(readFileSync(rig.dir.file('a.log.1'))))
  await rig.poll()
  rmSync(rig.dir.file('a.log.1'))
  await pollFor(rig, 20)
  await rig.bounce()
  await pollFor(rig, 10)
  assert.deepEqual(
    (await rig.arrived()).map(({ text }) => text),
    lines,
  )
  assert.equal(rig.state('a.log.1.gz')?.state, 'idle')
  await rig.stop()
})

test('a file that is found while it is being packed is read once', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log.1', lines)
  const packed = pack.gzip(readFileSync(rig.dir.file('a.log.1')))
  writeFileSync(rig.dir.file('a.log.1.gz'), packed.subarray(0, packed.length / 2))
  await rig.poll()
  await pollFor(rig, 2)
  appendFileSync(rig.dir.file('a.log.1.gz'), packed.subarray(packed.length / 2))
  rmSync(rig.dir.file('a.log.1'))
  await pollFor(rig, 20)
  assert.deepEqual(
    (await rig.arrived()).map(({ text }) => text),
    lines,
  )
  await rig.stop()
})

test('a packed file does not wait for others for ever', async (t) => {
  const rig = await Rig.start(t, { entries, limits: { holdMs: 3_000 } })
  // It can never be opened.
  rig.dir.symlink('a.log.1', 'a.log.1')
  rig.dir.append('a.log.2', '')
  rig.dir.append('a.log.1.gz', pack.gzip(Buffer.from('packed\n')))
  await rig.poll()
  await pollFor(rig, 5)
  assert.deepEqual(await rig.lines(), ['packed'])
  await rig.stop()
})

test('a packed file that goes on after a kill is read at once, and nothing is said of it', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, { entries, log: { ...silentLogger, warn: (message) => void said.push(message) } })
  rig.dir.append('a.log.1.gz', pack.gzip(Buffer.from('one\ntwo\n')))
  rig.kafka.holding = true
  await rig.poll()
  rig.crash()
  rig.kafka.loseRequests()
  rig.kafka.holding = false
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
  assert.deepEqual(said, [])
  await rig.stop()
})
