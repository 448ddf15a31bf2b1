import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from './testing/rig.ts'

const lines = (count: number): string[] => Array.from({ length: count }, () => 'x'.repeat(999))

test('what is appended while Kafka answers nobody shows in the size and the lag of the file, also of one that has no room to be read', async (t) => {
  const rig = await Rig.start(t, { limits: { maxInFlightBytes: 32_768 } })
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', lines(100))
  await rig.poll()
  assert.equal(rig.state('a.log')?.lagBytes, 100_000)
  rig.dir.appendLines('a.log', lines(50))
  await rig.pollAfter(1_000)
  assert.ok((rig.state('a.log')?.read ?? Infinity) < 100_000, 'it waits')
  assert.equal(rig.state('a.log')?.size, 150_000)
  assert.equal(rig.state('a.log')?.lagBytes, 150_000)
  assert.equal(rig.agent.lagBytes, 150_000)
})

test('a file that cannot be opened counts for the lag with all that it holds, and as unread once it is deleted', async (t) => {
  const rig = await Rig.start(t, { limits: { maxOpenFiles: 1 } })
  rig.dir.appendLines('never.log', ['never'])
  rig.dir.appendLines('lost.log', ['one'])
  const isRoot = process.geteuid?.() === 0
  rig.dir.chmod('.', 0o755)
  rig.dir.chmod('never.log', 0o000)
  const asNobody = async (act: () => Promise<void>): Promise<void> => {
    if (isRoot) process.seteuid?.(65_534)
    try {
      await act()
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  }
  rig.dir.chmod('lost.log', 0o644)
  await asNobody(() => rig.poll())
  rig.dir.appendLines('other.log', ['takes the handle'])
  await asNobody(() => rig.pollAfter(1_000))
  rig.dir.chmod('lost.log', 0o000)
  if (isRoot) rig.dir.appendLines('lost.log', ['two', 'three'])
  await asNobody(() => rig.pollAfter(1_000))
  assert.deepEqual((await rig.lines()).toSorted(), ['one', 'takes the handle'])
  assert.equal(rig.state('never.log')?.state, 'failed')
  assert.equal(rig.state('never.log')?.lagBytes, 6)
  if (isRoot) {
    const { state, size, read, lagBytes } = rig.state('lost.log') ?? {}
    assert.deepEqual({ state, size, read, lagBytes }, { state: 'failed', size: 14, read: 4, lagBytes: 10 })
  }
  assert.equal(await rig.counted('unread_deleted_bytes_total'), 0)
  for (const name of ['never.log', 'lost.log']) rig.dir.remove(name)
  await asNobody(() => rig.pollAfter(1_000))
  assert.equal(await rig.counted('unread_deleted_bytes_total'), isRoot ? 16 : 6)
  assert.equal(await rig.counted('file_troubles_total'), isRoot ? 2 : 1)
  await rig.stop()
})

test('what is cut off a file before it was read, with no copy of it, is counted as unread once nobody has found one', async (t) => {
  const rig = await Rig.start(t, { limits: { maxInFlightBytes: 32_768 } })
  rig.kafka.holding = true
  rig.dir.appendLines('a.log', lines(100))
  await rig.poll()
  const { size = 0, read = 0 } = rig.state('a.log') ?? {}
  assert.ok(read > 0 && read < size, 'some of it was read')
  rig.dir.truncate('a.log')
  rig.kafka.holding = false
  rig.kafka.answer()
  await rig.pollAfter(1_000)
  assert.equal(await rig.counted('unread_truncated_bytes_total'), 0, 'a copy may show yet')
  await rig.pollAfter(6_000)
  assert.equal(await rig.counted('unread_truncated_bytes_total'), size - read)
  await rig.stop()
})

test('a file without a handle that has grown, and is deleted before there is room to read it, is read to its end', async (t) => {
  const rig = await Rig.start(t, {
    entries: [{ path: '*.log', closeInactive: 1_000, partition: { number: 0 } }],
    limits: { maxInFlightBytes: 65_536, batchBytes: 4_096 },
  })
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  assert.equal(rig.isOpen('a.log'), false)
  rig.kafka.holding = true
  rig.dir.appendLines('big.log', lines(300))
  await rig.pollAfter(1_000)
  rig.dir.appendLines('a.log', ['2'])
  await rig.pollAfter(1_000)
  assert.equal(rig.state('a.log')?.lagBytes, 2, 'it waits for room')
  rig.dir.remove('a.log')
  await rig.pollAfter(1_000)
  rig.kafka.holding = false
  rig.kafka.answer()
  for (let i = 0; i < 10; i++) await rig.pollAfter(1_000)
  await rig.settle()
  assert.deepEqual(
    (await rig.lines()).filter((line) => line.length === 1),
    ['1', '2'],
  )
  await rig.stop()
})
