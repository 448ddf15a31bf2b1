import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
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

test('a copy by copytruncate may lie anywhere', (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('app.log', ['one'])
  dir.copyTruncateTo('app.log', 'old/app.copy')
  assert.equal(dir.size('app.log'), 0)
  assert.equal(read(dir, 'old/app.copy'), 'one\n')
})

test('a hole reads as NUL bytes', (t) => {
  const dir = LogDir.create(t)
  dir.append('app.log', 'a')
  dir.extend('app.log', 3)
  dir.append('app.log', 'b')
  assert.equal(read(dir, 'app.log'), 'a\0\0\0b')
})

test('compression leaves the compressed file alone', (t) => {
  const dir = LogDir.create(t)
  for (const name of ['a.log', 'b.log']) dir.append(name, 'text\n')
  dir.compress('a.log', 'gzip')
  dir.compress('b.log', 'zstd')
  assert.equal(gunzipSync(readFileSync(dir.file('a.log.gz'))).toString(), 'text\n')
  assert.equal(zstdDecompressSync(readFileSync(dir.file('b.log.zst'))).toString(), 'text\n')
  assert.deepEqual([dir.exists('a.log'), dir.exists('b.log')], [false, false])
})

test('a file is made anew with its inode, or the answer is that it was not; no other file stays behind', (t) => {
  const dir = LogDir.create(t)
  dir.append('app.log', 'old')
  const inode = dir.inode('app.log')
  const isSame = dir.recreateSameInode('app.log', 'new')
  assert.equal(dir.inode('app.log') === inode, isSame)
  assert.equal(read(dir, 'app.log'), 'new')
  assert.deepEqual(readdirSync(dir.path), ['app.log'])
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
