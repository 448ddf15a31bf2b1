import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownLine, TestLetters } from '../../test-letters.ts'

test('drop asks a person, and does nothing without a yes', async (t) => {
  const letters = await TestLetters.create(t)
  await letters.put(ownLine('one', 1), 1)
  await letters.put(ownLine('two', 2), 2)
  const all = ['drop', '--topic', letters.topic]
  const no = await letters.logctl(all, { answer: '' })
  assert.equal(no.code, 1)
  assert.equal(no.stderr, 'Drop 2 letters? [y/N] logctl: Nothing was dropped.\n')
  const nobody = await letters.logctl(all)
  assert.equal(nobody.code, 2)
  assert.match(nobody.stderr, /give --yes/)
  assert.equal((await letters.list()).length, 2)
  const yes = await letters.logctl(all, { answer: 'y' })
  assert.deepEqual([yes.code, yes.stdout], [0, 'Dropped: 2.\n'])
  assert.deepEqual(await letters.list(), [])
  assert.deepEqual((await letters.list('--state', 'dropped')).length, 2)
  assert.deepEqual(await letters.records(), [], 'nothing was replayed')
})

test('a copy that comes later is done too; another letter of the same topic is not', async (t) => {
  const letters = await TestLetters.create(t)
  const address = await letters.put(ownLine('one', 1), 1)
  assert.equal((await letters.logctl(['drop', address, '--yes', '--json'])).stdout, '{"dropped":1}\n')
  await letters.put(ownLine('one', 1), 1)
  await letters.put(ownLine('one', 1, 1_700_000_000_001), 1)
  const rows = await letters.list()
  assert.deepEqual(
    rows.map(({ timestamp }) => timestamp),
    ['2023-11-14T22:13:20.001Z'],
    'the same offset of a topic that was made again is another record',
  )
})

test('--purge deletes what is done at the beginning, never what is open, and keeps the marks that copies need', async (t) => {
  const letters = await TestLetters.create(t, 1)
  const addresses: string[] = []
  for (let i = 0; i < 5; i++) addresses.push(await letters.put(ownLine(`line ${i}`, i), i))
  await letters.put(ownLine('line 1', 1), 1)
  const done = [0, 1, 3].map((i) => addresses[i] as string)
  await letters.logctl(['drop', '--yes', ...done])
  const purged = await letters.logctl(['drop', '--topic', letters.topic, '--reason', 'none', '--purge', '--yes'])
  assert.equal(purged.stdout, 'Dropped: 0. Deleted: 2.\n')
  const left = (await letters.records(letters.letterTopic)).map(({ value }) => String(value))
  assert.deepEqual(left, ['line 2', 'line 3', 'line 4', 'line 1'])
  assert.deepEqual(
    (await letters.list()).map(({ preview }) => preview),
    ['line 2', 'line 4'],
    'the copy of line 1 is not open again',
  )
  const marks = await letters.records(letters.marksTopic)
  assert.deepEqual(
    marks.filter(({ value }) => value === null).map(({ key }) => String(key)),
    [`${letters.topic}/0/0/1700000000000`],
  )
})
