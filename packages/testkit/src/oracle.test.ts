import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineGenerator } from './line-generator.ts'
import { randomRun } from './line.ts'
import { assertConserved, Oracle, type FoundLine } from './oracle.ts'

const run = randomRun()

/** `count` lines of a file as an index would show them: offset by position. */
function written(file: number, count: number): FoundLine[] {
  const generator = new LineGenerator({ run, file, lineBytes: 60 })
  return Array.from({ length: count }, (_, sequence) => ({
    line: generator.line(),
    stream: `source-${file}`,
    position: sequence * 61,
    place: `index/${file}-${sequence}`,
  }))
}

/** The line at `index` of `lines`, changed. */
function changed(lines: FoundLine[], index: number, change: Partial<FoundLine>): FoundLine[] {
  return lines.map((line, i) => (i === index ? { ...line, ...change } : line))
}

async function judge(
  found: FoundLine[],
  counts: Record<number, number> = { 0: 10 },
): Promise<ReturnType<Oracle['verdict']>> {
  const oracle = new Oracle(run)
  for (const [file, count] of Object.entries(counts)) oracle.expect(Number(file), count)
  return oracle.check(found)
}

test('all lines once, in any order of arrival, are conserved', async () => {
  const lines = [...written(0, 10), ...written(1, 5)]
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (found) => {
      const verdict = await judge(found, { 0: 10, 1: 5 })
      assert.deepEqual(verdict, {
        expected: 15,
        found: 15,
        missing: 0,
        doubled: 0,
        corrupted: 0,
        outOfOrder: 0,
        examples: [],
      })
      assertConserved(verdict)
    }),
  )
})

test('a planted missing line is found, and a run of them is one example', async () => {
  const verdict = await judge(written(0, 10).filter((_, i) => i !== 2 && i !== 6 && i !== 7))
  assert.equal(verdict.missing, 3)
  assert.equal(verdict.found, 7)
  assert.deepEqual(verdict.examples, ['missing: file 0 line 2 of 10', 'missing: file 0 line 6 to 7 of 10'])
  assert.throws(() => assertConserved(verdict), /Of 10 lines.*"missing":3[^]*file 0 line 2 of 10/)
})

test('a file of which nothing came is missing whole', async () => {
  assert.equal((await judge(written(0, 10), { 0: 10, 1: 4 })).missing, 4)
})

test('a planted doubled line is found, in the same source or another, and is allowed only where said', async () => {
  const lines = written(0, 10)
  const again = [...lines, { ...(lines[3] as FoundLine) }, { ...(lines[4] as FoundLine), stream: 'another' }]
  const verdict = await judge(again)
  assert.equal(verdict.doubled, 2)
  assert.equal(verdict.missing + verdict.corrupted + verdict.outOfOrder, 0)
  assert.equal(verdict.examples[0], 'doubled at index/0-3: file 0 line 3')
  assert.throws(() => assertConserved(verdict), /"doubled":2/)
  assertConserved(verdict, { copiesAllowed: true })
})

test('a planted corrupted line is found: changed, cut, joined, or never written', async () => {
  const lines = written(0, 10)
  const line = String(lines[5]?.line)
  for (const bad of [line.replace('😀', '😁'), line.slice(0, -1), line + line, `${line}\r`, '']) {
    const verdict = await judge(changed(lines, 5, { line: bad }))
    assert.deepEqual([verdict.corrupted, verdict.missing], [1, 1])
    assert.throws(() => assertConserved(verdict), /corrupted at index\/0-5/)
  }
  const extra = await judge(written(0, 11))
  assert.deepEqual([extra.corrupted, extra.missing], [1, 0])
})

test('a planted line out of order is found, by offset and not by arrival', async () => {
  const lines = written(0, 10)
  const verdict = await judge(changed(lines, 4, { position: 8 * 61 + 1 }))
  assert.equal(verdict.outOfOrder, 1)
  assert.equal(verdict.examples[0], 'out of order in source source-0: file 0 line 4 stands behind 8')
  assert.throws(() => assertConserved(verdict), /"outOfOrder":1/)
})

test('order is a matter of one source: lines after a rotation begin at offset 0 of another', async () => {
  const lines = written(0, 10).map((line, i) =>
    i < 6 ? line : { ...line, stream: 'next', position: line.position - 366 },
  )
  assertConserved(await judge(lines))
})

test('lines of another run do not count', async () => {
  const other = new LineGenerator({ run: 'ffffffff', file: 0 })
  const found = [...written(0, 10), { line: other.line(), stream: 's', position: 0, place: 'p' }]
  assertConserved(await judge(found))
})

test('what is written later can be expected later', async () => {
  const oracle = new Oracle(run)
  oracle.expect(0, 4)
  assertConserved(await oracle.check(written(0, 4)))
  oracle.expect(0, 5)
  assert.deepEqual([oracle.has(0, 3), oracle.has(0, 4), oracle.has(1, 0)], [true, false, false])
  assert.equal(oracle.verdict().missing, 1)
  assertConserved(await oracle.check(written(0, 5).slice(4)))
})
