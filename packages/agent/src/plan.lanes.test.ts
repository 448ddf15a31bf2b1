import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
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

test('however an entry is changed, and whoever is answered first: each line arrives once, those of one topic in order', async (t) => {
  const change = fc.record({ topic: fc.constantFrom('t', 'u', 'v'), acks: fc.constantFrom('all' as const, 1 as const) })
  const step = fc.record({
    change: fc.option(change),
    isGrown: fc.boolean(),
    answers: fc.array(fc.nat(5), { maxLength: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async (steps) => {
      const rig = await Rig.start(t, { entries: [{ path: '*.log', id: 'web' }] })
      rig.kafka.holding = true
      let count = 0
      for (const { change, isGrown, answers } of steps) {
        if (change !== null) rig.apply([{ path: '*.log', id: 'web', ...change }])
        if (isGrown) rig.dir.appendLines('a.log', [`${count++}`])
        await rig.poll()
        for (const pick of answers) rig.kafka.answerOne(pick)
      }
      rig.kafka.holding = false
      for (let i = 0; i < 2; i++) {
        for (let pick = steps.length; rig.kafka.waitingCount > 0; pick++) rig.kafka.answerOne(pick)
        await rig.settle()
        await rig.poll()
      }
      const topics = await Promise.all(['t', 'u', 'v'].map((topic) => rig.arrived(topic)))
      const numbers = topics.map((lines) => lines.map(({ text }) => Number(text)))
      for (const each of numbers)
        assert.deepEqual(
          each,
          each.toSorted((a, b) => a - b),
        )
      assert.equal(numbers.flat().length, count)
      await rig.stop()
    }),
    { numRuns: 300 },
  )
})
