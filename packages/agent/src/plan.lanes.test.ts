import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EntryInput, Rig } from './testing/rig.ts'

test('an entry that is sent another way to its topic does not overtake what is under way, and goes on once that is there', async (t) => {
  for (const change of [{ compression: 'gzip' }, { acks: 1 }, { partition: 'roundrobin' }] as const) {
    const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'web' }] })
    rig.kafka.holding = true
    rig.dir.appendLines('a.log', ['1'])
    await rig.poll()
    assert.equal(rig.kafka.waitingCount, 1)
    rig.apply([{ path: '*.log', id: 'web', ...change }])
    rig.dir.appendLines('a.log', ['2'])
    await rig.poll()
    assert.equal(rig.kafka.waitingCount, 1, JSON.stringify(change))
    rig.apply([{ path: '*.log', id: 'web', topic: 'u' }])
    await rig.poll()
    rig.kafka.holding = false
    rig.kafka.answer()
    rig.apply([{ path: '*.log', id: 'web', ...change }])
    rig.dir.appendLines('a.log', ['3'])
    await rig.settle()
    await rig.poll()
    // What is compressed is so off the thread.
    await rig.settle()
    assert.deepEqual([...(await rig.lines()), ...(await rig.lines('u'))].toSorted(), ['1', '2', '3'])
    await rig.stop()
  }
})

test('also over another topic: lines wait for those that went to their topic another way, and for no others', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'web' }] })
  const step = async (line: string, change: Partial<EntryInput>): Promise<number> => {
    rig.apply([{ path: '*.log', id: 'web', ...change }])
    rig.dir.appendLines('a.log', [line])
    await rig.poll()
    return rig.kafka.waitingCount
  }
  rig.kafka.holding = true
  assert.equal(await step('1', {}), 1)
  assert.equal(await step('2', { topic: 'u' }), 2, 'another topic is no matter of order')
  assert.equal(await step('3', { acks: 1 }), 2, '3 would overtake 1')
  assert.match(rig.state('a.log')?.reason ?? '', /overtake/)
  rig.kafka.answer('t')
  await rig.poll()
  await rig.poll()
  assert.equal(rig.kafka.waitingCount, 2, '3 goes, although 2 is under way')
  assert.equal(await step('4', { topic: 'u', acks: 1 }), 2, '4 would overtake 2')
  assert.equal(await step('5', { acks: 1 }), 3, '4 and 5 follow 3 the same way')
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.settle()
  await rig.poll()
  assert.deepEqual(await rig.lines(), ['1', '3', '4', '5'])
  assert.deepEqual(await rig.lines('u'), ['2'])
  await rig.stop()
})
