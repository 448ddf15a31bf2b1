import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markdownTable } from '../lib/page.ts'
import { renderPage } from './page.ts'
import { summarize } from './summary.ts'

test('a table in Markdown has its numbers on the right, and a bar in a cell does not split it', () => {
  const rows = [
    ['name', 'lines/s'],
    ['a|b', 1_234_567],
    ['c', '-'],
  ]
  assert.equal(
    markdownTable(rows),
    ['| name | lines/s |', '|---|---:|', '| a\\|b | 1,234,567 |', '| c | - |'].join('\n'),
  )
})

test('the page names machine, date, commit, opponents and what was not measured', () => {
  const page = renderPage({
    summary: summarize({ rounds: {}, quiet: { corePercent: 1.5, rssMiB: 150 }, loadMs: null, heap: null }),
    heap: null,
    notes: ['kcat is needed and is not installed.'],
    lines: 4_751_069,
    rounds: 3,
    opponents: ['rsyslogd 8.2302.0'],
    loadBefore: 0.25,
  })
  assert.match(page, /- \d+ × .*GiB, Linux .*Node\.js 2\d\./)
  assert.match(page, /- \d{4}-\d\d-\d\d, commit \w+/)
  assert.match(page, /- 4,751,069 lines a round, 3 rounds, .*, load 0\.3 before the run/)
  assert.match(page, /- against rsyslogd 8\.2302\.0/)
  assert.match(page, /\| quiet10k \| % of a core \| 1\.5 \| ≤ 2 \| yes \|/)
  assert.match(page, /- kcat is needed and is not installed\./)
})
