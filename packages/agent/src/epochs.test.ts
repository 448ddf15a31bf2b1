import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry, epochMs } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

/** What the ids of the lines that arrived begin with, in order, each once. */
async function fronts(rig: Rig): Promise<string[]> {
  return [...new Set((await rig.arrived()).map(({ idFront }) => idFront))]
}

/** Lines are written and sent in one epoch after the other. */
async function writeInEpochs(rig: Rig, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    rig.dir.appendLines('a.log', [text])
    await rig.poll()
    rig.clock.advance(epochMs)
  }
}

test('the ids of a file that goes on growing ascend with the time; its source stays', async (t) => {
  const rig = await Rig.start(t)
  await writeInEpochs(rig, ['one', 'two', 'three'])
  const seen = await fronts(rig)
  assert.equal(seen.length, 3)
  assert.deepEqual(seen, seen.toSorted())
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 1)
  assert.equal(rig.state('a.log')?.identity, (await rig.arrived())[0]?.source)
  // Also where the clock was set back: other ids than before, none of them twice.
  rig.clock.setNow(rig.clock.now() - 3_600_000)
  await writeInEpochs(rig, ['four'])
  assert.equal((await fronts(rig)).length, 4)
})

test('a file with few lines stays in its epoch', async (t) => {
  const rig = await Rig.start(t, { limits: { epochBytes: 1_000 } })
  await writeInEpochs(rig, ['one', 'two', 'x'.repeat(1_000), 'four'])
  const arrived = await rig.arrived()
  assert.deepEqual(
    arrived.map(({ idFront }) => idFront === arrived[0]?.idFront),
    [true, true, true, false],
  )
})

for (const power of ['on', 'cut'] as const) {
  test(`killed after a change of epoch, what may have been sent is sent again under the ids it had (power ${power})`, async (t) => {
    const rig = await Rig.start(t)
    await writeInEpochs(rig, ['one', 'two'])
    // Their answers are lost: whether they arrived the agent does not know.
    rig.kafka.holding = true
    rig.dir.appendLines('a.log', ['three', 'four'])
    await rig.poll()
    rig.crash()
    rig.kafka.loseAnswers()
    rig.kafka.holding = false
    if (power === 'cut') rig.disk.losePower()
    rig.clock.advance(7 * epochMs)
    await rig.restart()
    await rig.poll()
    await writeInEpochs(rig, ['five', 'six'])
    const lines = await rig.lines()
    assert.deepEqual(lines, ['one', 'two', 'three', 'four', 'five', 'six'])
    assert.ok((await rig.arrived()).length > lines.length)
    // What was appended after the start cannot have been sent.
    assert.equal((await fronts(rig)).length, 5)
  })
}

const { multiline } = CollectEntry.parse({ path: '/a', topic: 't', multiline: { end: '.' } })
assert.ok(multiline !== undefined)
const ways: Record<string, Partial<CollectEntry>> = {
  'lines as they are': {},
  'lines that are filtered': { excludeLines: ['^#'] },
  'events of several lines': { multiline },
}
for (const [what, entry] of Object.entries(ways)) {
  test(`lines on their way hold no epoch up but the one after the next, and each is sent again under the id it had (${what})`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: '*.log', ...entry }], limits: { maxInFlightBytes: 4_194_304 } })
    await writeInEpochs(rig, ['one'])
    rig.kafka.holding = true
    await writeInEpochs(rig, ['two', 'six', 'ten'])
    rig.crash()
    rig.kafka.loseAnswers()
    rig.kafka.holding = false
    await rig.restart()
    await rig.poll()
    await writeInEpochs(rig, ['eleven'])
    const arrived = await rig.arrived()
    assert.deepEqual(
      arrived.map(({ text }) => text),
      ['one', 'two', 'six', 'ten', 'two', 'six', 'ten', 'eleven'],
    )
    const ids = arrived.map(({ idFront }) => idFront)
    assert.deepEqual(ids.slice(4, 7), ids.slice(1, 4))
    const [one, two, six, ten, eleven] = [ids[0], ids[1], ids[2], ids[3], ids[7]]
    assert.ok(one !== two && two !== six && six === ten && ten !== eleven, ids.join(' '))
  })
}

test('while the registry cannot be written no epoch begins, and lines go on in the one that it has', async (t) => {
  const rig = await Rig.start(t)
  // More than the head that the registry is told of.
  const one = 'x'.repeat(2_000)
  await writeInEpochs(rig, [one])
  rig.disk.fault = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')
  // The first of them finds out, and is held up no longer than that.
  await writeInEpochs(rig, ['two'])
  for (const text of ['three', 'four']) {
    rig.dir.appendLines('a.log', [text])
    await rig.poll()
    // The clock alone: the registry is not tried again yet.
    rig.clock.setNow(rig.clock.now() + epochMs)
  }
  assert.deepEqual(await rig.lines(), [one, 'two', 'three', 'four'])
  assert.equal((await fronts(rig)).length, 1)
  rig.crash()
  await rig.restart()
  await rig.poll()
  rig.disk.fault = null
  await writeInEpochs(rig, ['five', 'six', 'seven'])
  assert.deepEqual(await rig.lines(), [one, 'two', 'three', 'four', 'five', 'six', 'seven'])
  assert.ok((await fronts(rig)).length > 1)
})

test('a file that is closed and taken up again before the registry heard of its epoch goes on in the one before', async (t) => {
  const rig = await Rig.start(t)
  await writeInEpochs(rig, ['one'])
  rig.disk.fault = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')
  rig.dir.appendLines('a.log', ['two'])
  rig.apply([])
  await rig.poll()
  rig.apply([{ path: '*.log' }])
  rig.disk.fault = null
  await rig.poll()
  rig.disk.losePower()
  rig.crash()
  rig.kafka.loseRequests()
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['one', 'two'])
})

test('killed, started and stopped before a line could go again: the next start sends what may have been sent under the ids it had', async (t) => {
  const rig = await Rig.start(t)
  await writeInEpochs(rig, ['one'])
  rig.kafka.holding = true
  await writeInEpochs(rig, ['two'])
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  rig.kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true }))
  await rig.restart()
  await rig.poll()
  assert.equal(await rig.stop(), true)
  rig.kafka.faults.clear()
  rig.clock.advance(epochMs)
  await rig.restart()
  await rig.poll()
  await rig.settle()
  await rig.poll()
  const arrived = await rig.arrived()
  assert.deepEqual(
    arrived.map(({ text, resent }) => [text, resent]),
    [
      ['one', false],
      ['two', false],
      ['two', true],
    ],
  )
  assert.equal(arrived[2]?.idFront, arrived[1]?.idFront)
})

test('a file that begins anew while the registry is told of its epoch is read from its new beginning', async (t) => {
  const rig = await Rig.start(t)
  const filler = 'x'.repeat(3_000)
  await writeInEpochs(rig, ['old', filler])
  rig.disk.isSlow = true
  rig.dir.appendLines('a.log', [filler])
  await rig.poll()
  rig.dir.appendLines('a.log', ['more'])
  await rig.pollAfter(epochMs)
  // As long, and the same where reading stands.
  rig.dir.truncate('a.log')
  rig.dir.appendLines('a.log', ['new', filler, filler, 'last'])
  await rig.poll()
  rig.disk.catchUp()
  await rig.poll()
  assert.deepEqual((await rig.lines()).slice(-4), ['new', filler, filler, 'last'])
})

test('an epoch that the registry may have or not is not sent in, and the one before not any more', async (t) => {
  const rig = await Rig.start(t)
  // More than the head that the registry is told of.
  const one = 'x'.repeat(2_000)
  await writeInEpochs(rig, [one, 'two'])
  rig.disk.isSlow = true
  rig.dir.appendLines('a.log', ['three'])
  await rig.poll()
  // Its new epoch is written, and then the disk fails.
  rig.disk.fault = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')
  rig.disk.catchUp()
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', ['four'])
  await rig.poll()
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  rig.disk.fault = null
  await rig.restart()
  await rig.poll()
  assert.deepEqual(await rig.lines(), [one, 'two', 'three', 'four'])
})
