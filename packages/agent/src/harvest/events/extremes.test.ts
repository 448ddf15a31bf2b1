import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FeedBench, type FedRecord } from '../../testing/feed-bench.ts'

const pairs = (records: readonly FedRecord[]): [number, string][] => records.map(({ offset, text }) => [offset, text])

test('an event that is too long is cut in pieces, each under an offset of its own lines; or set aside whole', async () => {
  const content = `a${'1'.repeat(59)}\r\n${'2'.repeat(60)}\r\n${'3'.repeat(60)}\r\na\na\n`
  const multiline = { start: '^a' }
  const split = await FeedBench.open({ multiline, maxLineBytes: 64 })
  await split.read(Buffer.from(content))
  assert.deepEqual(pairs(await split.records()), [
    [0, `a${'1'.repeat(59)}\n222`],
    [65, `${'2'.repeat(57)}\n${'3'.repeat(6)}`],
    [130, '3'.repeat(54)],
    [186, 'a'],
  ])
  const bench = await FeedBench.open({ multiline, maxLineBytes: 64, onLongLine: 'deadLetter' })
  await bench.read(Buffer.from(content))
  assert.deepEqual(pairs(await bench.records()), [[186, 'a']])
  assert.equal(
    (await bench.records('t.dlq')).map(({ text }) => text).join(''),
    content.slice(0, 184).replaceAll('\r', ''),
  )
})

test('pieces of a decoded line that the broker finds too large keep clear of the lines behind it', async () => {
  const bench = await FeedBench.open({ encoding: 'gbk' }, 32_768)
  bench.kafka.maxBatchBytes = 2_000
  const line = Buffer.concat([...new Array<Buffer>(1_000).fill(Buffer.from([0xd6, 0xd0])), Buffer.from('\n')])
  await bench.read(Buffer.concat([line, Buffer.from('b\n'), line, Buffer.from('c\n')]))
  const records = await bench.records()
  assert.equal(records.map(({ text }) => text).join(''), `${'中'.repeat(1_000)}b${'中'.repeat(1_000)}c`)
  const offsets = records.map(({ offset }) => offset)
  assert.ok(offsets.includes(2_001) && offsets.includes(2_003) && offsets.includes(4_004))
  assert.equal(bench.source.acked, 4_006)
})

test('lines at the limit, one byte to either side and ten times it, mixed, where the broker takes less than we do', async () => {
  const limit = 3_000
  const lengths = [limit - 1, limit, 1, limit + 1, 0, 10 * limit, limit, 7]
  const lines = lengths.map((length, i) => String(i).repeat(length))
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  for (const onLongLine of ['split', 'truncate', 'deadLetter'] as const) {
    const bench = await FeedBench.open({ maxLineBytes: limit, onLongLine })
    bench.kafka.maxBatchBytes = 2_000
    await bench.read(content.subarray(0, 20_000), 1_000)
    await bench.crash(20_000, false)
    await bench.read(content, 1_000)
    const arrived = Buffer.alloc(content.length, '\n')
    for (const topic of ['t', 't.dlq']) {
      for (const { offset, text } of await bench.records(topic)) arrived.write(text, offset)
    }
    const isCut = onLongLine === 'truncate'
    const wanted = lines.map((line) => (isCut ? line.slice(0, limit).padEnd(line.length, '\n') : line))
    assert.equal(arrived.toString(), wanted.map((line) => `${line}\n`).join(''), onLongLine)
    const letters = (await bench.records('t.dlq')).map(({ text }) => text.length)
    assert.equal(
      letters.reduce((sum, length) => sum + length, 0),
      onLongLine === 'deadLetter' ? 11 * limit + 1 : 0,
    )
    assert.equal(bench.source.acked, content.length)
  }
})

test('text of which nothing can be decoded take bounded time, and every line arrives', async () => {
  for (const encoding of ['gbk', 'gb18030', 'shift_jis', 'utf-16le', 'euc-jp']) {
    const unit = encoding === 'utf-16le' ? [0x00, 0xd8, 0x0a, 0x00] : [0x81, 0xff, 0xfe, 0x0a]
    const content = Buffer.alloc(200_000, Buffer.from([...unit, ...unit, ...unit, 0x30, ...unit.slice(1)]))
    const began = performance.now()
    const bench = await FeedBench.open({ encoding })
    await bench.read(content)
    const records = await bench.records()
    assert.ok(records.every(({ text }) => text !== ''))
    assert.equal(bench.source.acked, content.length)
    assert.ok(bench.source.undecoded > 10_000)
    assert.ok(performance.now() - began < 30_000)
  }
})

test('an event that fills several batches is begun anew after a crash that only some of them outlived', async () => {
  const content = Buffer.from(['a', 'b', 'c', 'd'].map((letter) => `${letter.repeat(2_500)}\n`).join('') + 'a\n')
  const entry = { multiline: { start: '^a' } }
  const calm = await FeedBench.open(entry, 4_096)
  await calm.read(content)
  const bench = await FeedBench.open(entry, 4_096)
  await bench.read(content)
  await bench.crash(content.length, false)
  assert.equal(bench.source.read, 0, 'no place within the event to go on from')
  await bench.read(content)
  assert.deepEqual(pairs(await bench.records()), pairs(await calm.records()))
  assert.equal(bench.source.acked, calm.source.acked)
})
