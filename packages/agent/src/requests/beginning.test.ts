import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import type { Found } from '../discover/finder.ts'
import { statPath } from '../discover/identity.ts'
import { Roots } from '../discover/roots.ts'
import { compilePlan } from '../plan/compile.ts'
import { readBeginning } from './beginning.ts'

/** The path as a scan found it. */
function found(path: string): Found {
  const [entry] = compilePlan([CollectEntry.parse({ path, topic: 't' })]).entries
  const stat = statPath(path)
  assert.ok(entry !== undefined && stat !== null)
  return { path, stat, entry }
}

test('a path that leads out of the roots by the time it is opened is not read', async (t) => {
  const [inside, outside] = [LogDir.create(t), LogDir.create(t)]
  outside.append('secret.log', 'root:x\n')
  inside.symlink(outside.file('secret.log'), 'a.log')
  const file = found(inside.file('a.log'))
  await assert.rejects(readBeginning(file, new Roots([inside.file('')]), 100), (error) => {
    return isLogpipeError(error, 'file_unreadable') && /outside/.test(error.message)
  })
  assert.equal((await readBeginning(file, new Roots(['/']), 100)).bytes.toString(), 'root:x\n')
})

test('what has taken the place of a file that was found is not read, and a pipe holds up nobody', async (t) => {
  const dir = LogDir.create(t)
  dir.append('a.log', 'first\n')
  const file = found(dir.file('a.log'))
  dir.append('b.log', 'another file\n')
  dir.rename('b.log', 'a.log')
  await assert.rejects(readBeginning(file, new Roots(['/']), 100), /no longer there/)
  dir.remove('a.log')
  await assert.rejects(readBeginning(file, new Roots(['/']), 100), /no longer there/)
  execFileSync('mkfifo', [dir.file('a.log')])
  await assert.rejects(readBeginning(file, new Roots(['/']), 100), /no longer there/)
})

test('no more is read than was asked for, and whether that was all is told', async (t) => {
  const dir = LogDir.create(t)
  dir.append('a.log', '0123456789')
  const read = (bytes: number): ReturnType<typeof readBeginning> =>
    readBeginning(found(dir.file('a.log')), new Roots(['/']), bytes)
  assert.deepEqual([(await read(4)).bytes.toString(), (await read(4)).isWhole], ['0123', false])
  assert.deepEqual([(await read(40)).bytes.toString(), (await read(40)).isWhole], ['0123456789', true])
})
