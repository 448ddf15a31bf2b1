import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, table } from './table.ts'

test('columns are as wide as their widest cell, numbers stand at the right, nothing trails', () => {
  const columns = [{ title: 'PATH' }, { title: 'SIZE', number: true }, { title: 'REASON' }]
  const rows = [
    ['/a/long/path', count(1_234_567), ''],
    ['/b', '0', 'why'],
  ]
  assert.equal(
    table(columns, rows),
    'PATH               SIZE  REASON\n/a/long/path  1,234,567\n/b                    0  why\n',
  )
})

test('a table may have more rows than a call has room for arguments', () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [String(i)])
  assert.equal(table([{ title: 'N' }], rows).split('\n').length, 200_002)
})
