import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, type Logger, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { Rig } from './testing/rig.ts'

const dayMs = 24 * 3_600_000
const longLine = 'x'.repeat(1_100)
/** As by default: a file of so few lines stays in its epoch, which would be one more reason to write. */
const usualEpoch = { epochBytes: 262_144 }

async function seconds(rig: Rig, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await rig.pollAfter(1_000)
}

/** Killed; the file gets a name that no entry matches; started again, and Kafka answers. */
async function renamedWhileDown(rig: Rig, from: string, to: string): Promise<void> {
  rig.crash()
  rig.kafka.loseRequests()
  rig.kafka.holding = false
  rig.dir.rename(from, to)
  await rig.restart()
  await seconds(rig, 7)
  await rig.settle()
}

test('a file whose folder was away, and that is back, is no longer finished: after a crash it is looked for', async (t) => {
  const entries = [{ path: 'd/*.log' }, { path: '*.log', topic: 'u' }]
  const rig = await Rig.start(t, { entries, limits: { ...usualEpoch, maxOpenFiles: 1 } })
  rig.dir.appendLines('d/a.log', [longLine])
  await rig.poll()
  rig.kafka.holding = true
  for (const line of ['2', '3']) {
    rig.dir.appendLines('d/a.log', [line])
    await seconds(rig, 1)
  }
  // It takes the only handle.
  rig.dir.appendLines('b.log', ['b'])
  await seconds(rig, 1)
  rig.dir.rename('d', 'elsewhere')
  await seconds(rig, 1)
  rig.kafka.answerOne(1)
  await seconds(rig, 4)
  rig.dir.rename('elsewhere', 'd')
  await seconds(rig, 2)
  rig.dir.appendLines('d/a.log', ['4'])
  await seconds(rig, 4)
  await renamedWhileDown(rig, 'd/a.log', 'd/a.old')
  assert.deepEqual(await rig.lines(), [longLine, '2', '3', '4'])
  await rig.stop()
})

test('two entries come to one topic and part again: the one that gave way goes on, and after a crash its file is looked for', async (t) => {
  const one = { id: 'one', path: '*.log', topic: 't' }
  const two = { id: 'two', path: 'a.*', topic: 'u', exclude: ['a.old'] }
  const rig = await Rig.start(t, { entries: [one, two], limits: usualEpoch })
  rig.dir.appendLines('a.log', [longLine])
  await rig.poll()
  await rig.settle()
  rig.kafka.holding = true
  for (const line of ['2', '3']) {
    rig.dir.appendLines('a.log', [line])
    await seconds(rig, 2)
  }
  rig.apply([one, { ...two, topic: 't' }])
  await seconds(rig, 2)
  rig.kafka.answerOne(0)
  rig.kafka.answerOne(1)
  await seconds(rig, 4)
  rig.apply([one, two])
  await seconds(rig, 2)
  rig.dir.appendLines('a.log', ['4'])
  await seconds(rig, 2)
  await renamedWhileDown(rig, 'a.log', 'a.old')
  for (const topic of ['t', 'u']) assert.deepEqual((await rig.lines(topic)).slice(1), ['2', '3', '4'], topic)
  await rig.stop()
})

test('a look at the original of a possible copy that finds another file at its path: what was appended to the renamed original is read', async (t) => {
  let onFound: (() => void) | null = null
  const debug = (_: string, fields: Record<string, unknown> = {}): void => {
    if (!String(fields['file.path']).endsWith('c.log')) return
    onFound?.()
    onFound = null
  }
  const log: Logger = { ...silentLogger, debug }
  const rig = await Rig.start(t, { log, entries: [{ path: '*.log', closeInactive: 3_000 }] })
  rig.dir.appendLines('a.log', ['the same beginning'])
  await rig.poll()
  await seconds(rig, 5)
  assert.equal(rig.isOpen('a.log'), false)
  rig.dir.appendLines('c.log', ['the same beginning'])
  onFound = () => {
    rig.dir.appendLines('a.log', ['appended'])
    rig.dir.rename('a.log', 'a.old')
    rig.dir.appendLines('a.log', ['new'])
  }
  await seconds(rig, 1)
  assert.equal(onFound, null)
  await seconds(rig, 70)
  assert.ok((await rig.lines()).includes('appended'))
  await rig.stop()
})

/** Each look at it takes time, so that a scan takes longer than a slice. */
class TickingClock extends FakeClock {
  tickMs = 0
  #ticks = 0

  override monotonic(): number {
    this.#ticks += this.tickMs
    return super.monotonic() + this.#ticks
  }
}

test('a file that was quiet for more than a month is known after a kill, however long the first scan takes', async (t) => {
  const clock = new TickingClock()
  const rig = await Rig.start(t, { clock, entries: [{ path: '*.log' }, { path: 'x/*.log' }] })
  rig.dir.appendLines('a.log', ['1', '2'])
  await rig.poll()
  await seconds(rig, 2)
  for (let days = 0; days < 31; days++) await rig.pollAfter(dayMs)
  rig.crash()
  clock.tickMs = 3
  await rig.restart()
  const end = new AbortController()
  const run = rig.agent.run(end.signal)
  t.after(() => end.abort())
  await waitFor(() => rig.agent.scans > 0, { what: 'the first scan', everyMs: 1 })
  end.abort()
  await run
  clock.tickMs = 0
  rig.dir.appendLines('a.log', ['3'])
  await seconds(rig, 2)
  await rig.settle()
  assert.deepEqual(await rig.lines(), ['1', '2', '3'])
  await rig.stop()
})
