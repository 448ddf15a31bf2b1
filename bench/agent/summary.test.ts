import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barRows, bars, isCleared } from './bars.ts'
import { type Results, summarize } from './summary.ts'

const nothing: Results = { rounds: {}, quiet: null, loadMs: null, heap: null }

function rounds(...linesPerSec: number[]): { linesPerSec: number; cpuPerMillion: number; rssMiB: number | null }[] {
  return linesPerSec.map((value) => ({ linesPerSec: value, cpuPerMillion: 1_000_000 / value, rssMiB: null }))
}

test('the JSON line has the agreed keys in the agreed order, with null for what was not measured', () => {
  const { more, ...agreed } = summarize(nothing)
  assert.equal(
    JSON.stringify(agreed),
    '{"plain":{"linesPerSec":null,"cpuPerMillion":null,"vsKcat":null,"cpuVsKcat":null,"vsRsyslog":null},"zstd":{"vsKcat":null},' +
      '"multiline":{"vsPlain":null},"regex":{"vsPlain":null},"gbk":{"vsPlain":null},"files100":{"vsPlain":null},' +
      '"quiet10k":{"corePercent":null,"rssMiB":null},"registry100k":{"loadMs":null}}',
  )
  assert.deepEqual(more.contestants, {})
})

test('ratios are of the medians, ours over theirs, and a missing opponent has none', () => {
  const summary = summarize({
    ...nothing,
    rounds: {
      'logagent plain': rounds(400_000, 100_000, 500_000),
      'kcat plain': rounds(800_000, 790_000, 810_000),
      'logagent gbk': rounds(100_000),
    },
  })
  assert.equal(summary.plain.linesPerSec, 400_000)
  assert.equal(summary.plain.vsKcat, 0.5)
  assert.equal(summary.plain.cpuVsKcat, 2)
  assert.equal(summary.plain.vsRsyslog, null)
  assert.equal(summary.gbk.vsPlain, 0.25)
  assert.deepEqual(summary.more.contestants['logagent plain']?.rounds, [400_000, 100_000, 500_000])
})

test('a bar is cleared at its limit, and one without a figure is not in the table', () => {
  const summary = summarize({ ...nothing, quiet: { corePercent: 2, rssMiB: 201 }, loadMs: 999.6 })
  const ofKind = (kind: string): (boolean | null)[] =>
    bars.filter((bar) => bar.kind === kind).map((bar) => isCleared(bar, summary))
  assert.deepEqual(ofKind('quiet10k'), [true, false])
  assert.deepEqual(ofKind('zstd'), [null])
  assert.deepEqual(barRows(summary), [
    ['kind', 'figure', 'measured', 'asked', 'met'],
    ['quiet10k', '% of a core', 2, '≤ 2', 'yes'],
    ['quiet10k', 'MiB of memory', 201, '≤ 200', 'NO'],
    ['registry100k', 'ms to load', 1_000, '≤ 1000', 'yes'],
  ])
})
