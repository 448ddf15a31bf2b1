import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import type { Ignored } from '../discover/finder.ts'
import { compilePlan } from './compile.ts'
import { sharedFiles } from './shared-files.ts'

function ignored(id: string, owner?: string, path = '/var/log/a.log'): Ignored {
  const [entry] = compilePlan([CollectEntry.parse({ id, path: '/var/log/*.log', topic: 't' })]).entries
  assert.ok(entry)
  return { path, entry, reason: 'r', kind: 'plain', ...(owner !== undefined && { owner }) }
}

test('an entry that leaves files to others names them, each once; what is ignored for another reason makes no remark', () => {
  const found = sharedFiles([
    ignored('b', 'web/a'),
    ignored('b', 'web/a', '/var/log/b.log'),
    ignored('c'),
    ...['5', '4', '3', '2', '1'].map((owner) => ignored('d', owner)),
  ])
  assert.deepEqual(
    [...found],
    [
      ['b', "Entry 'web/a' has some of its files, for the same topic; it collects the others. /files tells which."],
      [
        'd',
        "Entries '1', '2', '3' and 2 more have some of its files, for the same topic; it collects the others. /files tells which.",
      ],
    ],
  )
})

test('a hard link within one entry is no remark', () => {
  assert.equal(sharedFiles([ignored('a', 'a')]).size, 0)
})
