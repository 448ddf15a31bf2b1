import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headBytes, printOf } from '../fingerprint.ts'
import { HeadIndex } from './heads.ts'

const headOf = (text: string): ReturnType<typeof printOf> => printOf(Buffer.from(text), 0, text.length)
const paths = (found: { path: string }[]): string[] => found.map(({ path }) => path)

test('a file is found by every prefix of which there is a print, and by no other', () => {
  const index = new HeadIndex<{ path: string }>()
  const [a, b, c] = [{ path: '/a' }, { path: '/b' }, { path: '/c' }]
  index.add(a, headOf('one'))
  index.add(b, headOf('one two'))
  index.add(c, headOf('one three'))
  assert.deepEqual(paths(index.find(Buffer.from('one two three'), '/x')), ['/b', '/a'])
  index.remove(b)
  assert.deepEqual(paths(index.find(Buffer.from('one two three'), '/x')), ['/a'])
  assert.deepEqual(paths(index.find(Buffer.from('on'), '/x')), [])
})

test('a file that has grown is still found by what it was', () => {
  const index = new HeadIndex<{ path: string }>()
  const a = { path: '/a' }
  for (const text of ['1', '12', '123']) index.add(a, headOf(text))
  assert.deepEqual(paths(index.find(Buffer.from('12'), '/x')), ['/a'])
  index.remove(a)
  for (const text of ['1', '12', '123']) assert.deepEqual(index.find(Buffer.from(text), '/x'), [])
})

test('of ten thousand with one header 32 are found, kindred names and the same folder first, in no time', () => {
  const index = new HeadIndex<{ path: string }>()
  const header = Buffer.alloc(headBytes, 'h')
  const head = printOf(header, 0, headBytes)
  for (let i = 0; i < 500; i++) index.add({ path: `/far/${i}.log` }, head)
  for (let i = 0; i < 500; i++) index.add({ path: `/near/${i}.log` }, head)
  for (let i = 0; i < 9_000; i++) index.add({ path: `/far/more${i}.log` }, head)
  const began = performance.now()
  for (let i = 0; i < 1_000; i++) index.find(header, '/near/7.log.1')
  assert.ok(performance.now() - began < 5_000)
  const found = paths(index.find(header, '/near/7.log.1'))
  assert.equal(found.length, 32)
  assert.equal(found[0], '/near/7.log')
  assert.ok(found.every((path) => path.startsWith('/near/')))
})
