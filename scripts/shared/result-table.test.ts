import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultTable } from './result-table.ts'

test('results stand under each other, with time, file and what the test told', () => {
  const table = resultTable([
    { file: 'e2e/a.test.ts', name: 'lines arrive', passed: true, ms: 1_234, notes: ['7 lines', '1 copy'] },
    { file: 'e2e/longer.test.ts', name: 'none is lost', passed: false, ms: 60_000, notes: [] },
  ])
  assert.equal(
    table,
    [
      'result  time    file    test          figures',
      'ok      1.2 s   a       lines arrive  7 lines; 1 copy',
      'FAILED  60.0 s  longer  none is lost',
    ].join('\n'),
  )
})
