import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../json-value.ts'
import { runLine } from '../test-event.ts'

function fieldsOf(format: string, line: string): JsonObject {
  return runLine(line, { accessLog: { format } }).fields
}

test('of a time span in several units the finest counts, in whichever order they stand', () => {
  for (const [format, line] of [
    ['%s %D %T', '200 1500 0'],
    ['%s %T/%D', '200 0/1500'],
    ['%s %D %{ms}T', '200 1500 1'],
  ] as const) {
    assert.deepEqual(fieldsOf(format, line)['event'], { duration: 1_500_000 }, format)
  }
  assert.deepEqual(fieldsOf('%s %T %{ms}T', '200 1 1234')['event'], { duration: 1_234_000_000 })
})
