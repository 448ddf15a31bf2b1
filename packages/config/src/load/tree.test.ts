import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setAt, type Tree, withoutEmpty } from './tree.ts'

test('a value is set where its path says, sections are made, lists are walked into', () => {
  const tree: Tree = { kafka: { brokers: ['a'] }, entries: [{ path: '/a' }], log: 'text in the way' }
  setAt(tree, ['kafka', 'lingerMs'], 1)
  setAt(tree, ['entries', '0', 'topic'], 't')
  setAt(tree, ['log', 'level'], 'info')
  assert.deepEqual(tree, {
    kafka: { brokers: ['a'], lingerMs: 1 },
    entries: [{ path: '/a', topic: 't' }],
    log: { level: 'info' },
  })
})

test('no path reaches a prototype', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const tree: Tree = {}
    setAt(tree, [name, 'polluted'], true)
    setAt(tree, [name, 'prototype', 'polluted'], true)
    assert.deepEqual(Object.keys(tree), [name])
    assert.equal(({} as Tree)['polluted'], undefined)
  }
})

test('keys without a value go, at any depth; lists keep their places', () => {
  assert.deepEqual(withoutEmpty({ a: null, b: { c: null, d: 0 }, e: [null, { f: null }] }), {
    b: { d: 0 },
    e: [null, {}],
  })
})
