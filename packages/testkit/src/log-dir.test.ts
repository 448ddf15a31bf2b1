import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { LogDir } from './log-dir.ts'

function read(dir: LogDir, name: string): string {
  return readFileSync(dir.file(name), 'utf8')
}

test('rotation by move-create keeps the inode under the new name and starts an empty file', (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('app.log', ['one'])
  const first = dir.inode('app.log')
  dir.rotate('app.log')
  dir.append('app.log', 'two\n')
  dir.rotate('app.log')
  assert.equal(dir.inode('app.log.2'), first)
  assert.deepEqual(
    ['app.log', 'app.log.1', 'app.log.2'].map((name) => read(dir, name)),
    ['', 'two\n', 'one\n'],
  )
})

test('rotation keeps only so many old files', (t) => {
  const dir = LogDir.create(t)
  for (const line of ['one', 'two', 'three']) {
    dir.appendLines('app.log', [line])
    dir.rotate('app.log', 2)
  }
  assert.equal(read(dir, 'app.log.2'), 'two\n')
  assert.equal(dir.exists('app.log.3'), false)
})

test('copytruncate keeps the inode under the old name', (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('app.log', ['one'])
  const inode = dir.inode('app.log')
  dir.copyTruncate('app.log')
  assert.equal(dir.inode('app.log'), inode)
  assert.equal(dir.size('app.log'), 0)
  assert.equal(read(dir, 'app.log.1'), 'one\n')
})

test('replace and symlink change what a name means in one step', (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('a.log', ['a'])
  dir.appendLines('b.log', ['b'])
  const inode = dir.inode('a.log')
  dir.replace('a.log', 'new\n')
  assert.notEqual(dir.inode('a.log'), inode)
  dir.symlink('a.log', 'current.log')
  assert.equal(read(dir, 'current.log'), 'new\n')
  dir.symlink('b.log', 'current.log')
  assert.equal(read(dir, 'current.log'), 'b\n')
})

test('the folder is gone after the test', async (t) => {
  let path = ''
  await t.test('inner', (inner) => {
    path = LogDir.create(inner).path
    assert.equal(existsSync(path), true)
  })
  assert.equal(existsSync(path), false)
})
