import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { collectGarbage } from '../../collect-garbage.ts'
import { packedKind } from './kind.ts'
import { kinds, logLines, open, pack, readAll } from './testing.ts'
import { windowBytes } from './window.ts'

test('a packed file is known by its first bytes', () => {
  assert.equal(packedKind(gzipSync('x')), 'gzip')
  assert.equal(packedKind(zstdCompressSync('x')), 'zstd')
  assert.equal(packedKind(Buffer.from([0x5a, 0x2a, 0x4d, 0x18])), 'zstd')
  for (const plain of ['', '\x1f\x8b', '(\xb5/', 'plain text', '\x1f\x8b\x00\x00', '\x1f\x8b\x08\xff']) {
    assert.equal(packedKind(Buffer.from(plain, 'latin1')), null, plain)
  }
})

for (const kind of kinds) {
  test(`${kind}: what was packed is read, whatever the length of the reads`, async (t) => {
    const text = logLines(1_000_003)
    for (const length of [7_919, 65_536, 3_000_000]) {
      const { reader } = open(t, kind, pack[kind](text))
      const { bytes, state } = await readAll(reader, 0, length)
      assert.ok(bytes.equals(text))
      assert.equal(state, 'end')
      assert.deepEqual(await reader.read(text.length, Buffer.alloc(1), 1), { got: 0, state: 'end' })
    }
  })

  test(`${kind}: several in a row are one file, empty ones too`, async (t) => {
    const text = logLines(200_000)
    const parts = [0, 1, 1, 40_000, 70_000, 200_000].map((end, i, ends) => text.subarray(ends[i - 1] ?? 0, end))
    const { reader } = open(t, kind, Buffer.concat(parts.map(pack[kind])))
    const { bytes, state } = await readAll(reader)
    assert.ok(bytes.equals(text))
    assert.equal(state, 'end')
  })

  test(`${kind}: a thousand small ones in a row are read`, async (t) => {
    const lines = Array.from({ length: 1_000 }, (_, n) => Buffer.from(`line ${n}\n`))
    const { reader } = open(t, kind, Buffer.concat(lines.map(pack[kind])))
    assert.ok((await readAll(reader)).bytes.equals(Buffer.concat(lines)))
  })

  test(`${kind}: going back a little, going back far and jumping ahead give the same bytes`, async (t) => {
    const text = logLines(600_000)
    const { reader } = open(t, kind, pack[kind](text))
    const into = Buffer.alloc(50_000)
    for (const position of [
      0,
      50_000,
      40_000,
      99_999,
      100_000 - windowBytes,
      500_000,
      0,
      599_990,
      123,
      600_000,
      700_000,
    ]) {
      let got = 0
      for (let result = await reader.read(position, into, into.length); ;) {
        got += result.got
        if (result.state !== 'more' || got === into.length) break
        result = await reader.read(position + got, into.subarray(got), into.length - got)
      }
      assert.ok(into.subarray(0, got).equals(text.subarray(position, position + into.length)), `from ${position}`)
    }
  })

  test(`${kind}: a file that is still being written is read on when it has grown`, async (t) => {
    const text = logLines(300_000)
    const packed = pack[kind](text)
    const { reader, path } = open(t, kind, packed.subarray(0, 10))
    let at = 0
    const into = Buffer.alloc(text.length)
    for (let end = 10; end < packed.length; end += 20_000) {
      if (end > 10) appendFileSync(path, packed.subarray(end - 20_000, end))
      const { bytes, state } = await readAll(reader, at)
      assert.equal(state, 'incomplete')
      bytes.copy(into, at)
      at += bytes.length
    }
    writeFileSync(path, packed)
    const { bytes, state } = await readAll(reader, at)
    bytes.copy(into, at)
    assert.equal(state, 'end')
    assert.ok(into.equals(text))
  })

  test(`${kind}: another one appended behind the end is read on`, async (t) => {
    const { reader, path } = open(t, kind, pack[kind](Buffer.from('one\n')))
    assert.equal((await readAll(reader)).state, 'end')
    appendFileSync(path, pack[kind](Buffer.from('two\n')))
    assert.deepEqual(await readAll(reader), { bytes: Buffer.from('one\ntwo\n'), state: 'end', reason: undefined })
  })

  test(`${kind}: whatever is behind the last whole one and is none breaks it, behind all of its bytes`, async (t) => {
    const { reader } = open(t, kind, Buffer.concat([pack[kind](Buffer.from('one\n')), Buffer.from('no such thing')]))
    const { bytes, state, reason } = await readAll(reader)
    assert.equal(bytes.toString(), 'one\n')
    assert.equal(state, 'broken')
    assert.match(String(reason), /\w \w/)
  })

  test(`${kind}: a file of nothing is incomplete`, async (t) => {
    const { reader } = open(t, kind, Buffer.alloc(0))
    assert.deepEqual(await reader.read(0, Buffer.alloc(10), 10), { got: 0, state: 'incomplete' })
  })

  test(`${kind}: a bomb is read in bounded memory and in bounded turns`, async (t) => {
    const mebibyte = Buffer.alloc(1_048_576)
    const { reader } = open(t, kind, Buffer.concat(Array.from({ length: 64 }, () => pack[kind](mebibyte))))
    const into = Buffer.alloc(1_000)
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    let turns = 0
    while ((await reader.read(60 * 1_048_576, into, into.length)).got === 0) turns++
    assert.ok(turns >= 6 && turns <= 8, `${turns} turns`)
    // What is left is held; how much garbage there is by then is V8's affair.
    collectGarbage()
    const grown = process.memoryUsage().arrayBuffers - before
    assert.ok(grown < 16 * 1_048_576, `${grown} bytes`)
  })

  test(`${kind}: closed in the middle of a read, it ends, and everything after it`, { timeout: 30_000 }, async (t) => {
    const { reader } = open(t, kind, pack[kind](logLines(3_000_000)))
    const into = Buffer.alloc(3_000_000)
    const reading = reader.read(0, into, into.length)
    await new Promise((resolve) => setImmediate(resolve))
    reader.close()
    assert.equal((await reading).state, 'broken')
    assert.deepEqual(await reader.read(0, into, 1), { got: 0, state: 'broken', reason: 'it was closed' })
  })
}

test('gzip: headers with a name, a comment, more fields and a checksum of their own are read, however far they reach', async (t) => {
  const plain = gzipSync('hello\n')
  const body = plain.subarray(10)
  const extra = Buffer.concat([Buffer.from([5, 0]), Buffer.from('extra')])
  const header = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3])
  const packed = Buffer.concat([header, extra, Buffer.from('name\0a comment\0'), Buffer.from([1, 2]), body])
  for (const zeros of [0, 1, 600]) {
    const { reader } = open(t, 'gzip', Buffer.concat([packed, packed, Buffer.alloc(zeros)]))
    assert.deepEqual(await readAll(reader), { bytes: Buffer.from('hello\nhello\n'), state: 'end', reason: undefined })
  }
  const endless = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(100_000, 'n')])
  assert.equal((await readAll(open(t, 'gzip', endless).reader)).reason, 'a header of more than 64 KiB')
})

test('gzip: a wrong checksum and a wrong length are told', async (t) => {
  const packed = gzipSync('hello\n')
  for (const [fromEnd, reason] of [
    [8, /checksum/],
    [1, /length/],
  ] as const) {
    const damaged = Buffer.from(packed)
    damaged[packed.length - fromEnd] = (damaged[packed.length - fromEnd] as number) ^ 1
    const whole = await readAll(open(t, 'gzip', damaged).reader)
    assert.equal(whole.state, 'broken')
    assert.match(String(whole.reason), reason)
  }
})

test('zstd: skippable frames before, between and behind others hold nothing', async (t) => {
  const skippable = (bytes: number): Buffer => {
    const frame = Buffer.alloc(8 + bytes, 7)
    frame.writeUInt32LE(0x184d2a5f, 0)
    frame.writeUInt32LE(bytes, 4)
    return frame
  }
  const [one, two] = ['one\n', 'two\n'].map((text) => zstdCompressSync(text)) as [Buffer, Buffer]
  const packed = Buffer.concat([skippable(4), one, skippable(0), skippable(200_000), two, skippable(9)])
  const { bytes, state } = await readAll(open(t, 'zstd', packed).reader)
  assert.equal(bytes.toString(), 'one\ntwo\n')
  assert.equal(state, 'end')
})
