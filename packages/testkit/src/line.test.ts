import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { LineGenerator } from './line-generator.ts'
import { LineWriter, minLineBytes, randomRun, readLine } from './line.ts'
import { LogDir } from './log-dir.ts'

test('lines of any size read back as what they are, from bytes and from text', () => {
  const run = randomRun()
  for (const lineBytes of [minLineBytes, minLineBytes + 1, 60, 200, 5_000]) {
    const out = Buffer.alloc(lineBytes + 1)
    for (const sequence of [0, 7, 999_999_999]) {
      assert.equal(new LineWriter(run, 12, lineBytes).write(out, 0, sequence), lineBytes + 1)
      const line = out.subarray(0, lineBytes)
      assert.equal(line.includes(0x0a), false)
      assert.deepEqual(readLine(line), { run, file: 12, sequence })
      assert.deepEqual(readLine(line.toString('utf8')), { run, file: 12, sequence })
    }
  }
})

test('a change of any byte is seen, and so is a cut', () => {
  const out = Buffer.alloc(101)
  new LineWriter(randomRun(), 0, 100).write(out, 0, 41)
  const line = out.subarray(0, 100)
  for (let at = 0; at < line.length; at++) {
    const changed = Buffer.from(line)
    changed[at] = (changed[at] as number) ^ 1
    assert.equal(readLine(changed), null, `byte ${at}`)
  }
  assert.equal(readLine(line.subarray(0, 99)), null)
  assert.equal(readLine(''), null)
})

test('a line too short to prove itself is refused', () => {
  assert.throws(() => new LineWriter(randomRun(), 0, minLineBytes - 1), /no room for its proof/)
})

test('the generator appends in large writes and goes on where it was', (t) => {
  const dir = LogDir.create(t)
  const run = randomRun()
  const generator = new LineGenerator({ run, file: 3, lineBytes: 100 })
  assert.equal(generator.appendTo(dir.file('a.log'), 25_000), 25_000 * 101)
  assert.deepEqual(readLine(generator.line()), { run, file: 3, sequence: 25_000 })
  assert.equal(generator.count, 25_001)
  const lines = readFileSync(dir.file('a.log'), 'utf8').trimEnd().split('\n')
  assert.equal(lines.length, 25_000)
  lines.forEach((line, sequence) => assert.deepEqual(readLine(line), { run, file: 3, sequence }))
})
