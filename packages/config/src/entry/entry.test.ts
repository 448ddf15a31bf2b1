import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectEntry, lineLimitBytes, lineOverheadBytes } from './entry.ts'
import { checkEntries, originAt, parseEntries } from '../load/entries.ts'

const least = { path: '/var/log/nginx/*.log', topic: 'web_log' }

test('the least that a person types becomes a whole entry, with an id that is the same everywhere', () => {
  const entry = CollectEntry.parse(least)
  assert.deepEqual(entry, {
    ...least,
    id: '17740bfe',
    exclude: [],
    enabled: true,
    fields: {},
    tags: [],
    startAt: 'beginning',
    encoding: 'utf-8',
    delimiter: '\n',
    includeLines: [],
    excludeLines: [],
    redact: [],
    partition: 'source',
    acks: 'all',
    compression: 'zstd',
    maxLineBytes: 524_288,
    onLongLine: 'split',
    closeInactive: 300_000,
  })
  assert.notEqual(CollectEntry.parse({ ...least, topic: 'other' }).id, entry.id)
  assert.equal(CollectEntry.parse({ ...least, id: 'nginx' }).id, 'nginx')
})

function faultsOf(entry: unknown): string[] {
  return checkEntries([entry], originAt('/key')).faults.map(({ path, message }) => `${path} ${message}`)
}

test('paths must be absolute, without .. and without control characters', () => {
  for (const path of ['/a', '/var/log/**/*.log', '/var/{a,b}/x{1..3}.log', '/..a/b..']) {
    assert.deepEqual(faultsOf({ ...least, path }), [], path)
  }
  for (const path of [
    '',
    'a',
    './a',
    '/a/../b',
    '/..',
    '/a/{..,b}/c',
    '/a\nb',
    '/a\u0000',
    '/logs/',
    `/${'x'.repeat(4_096)}`,
  ]) {
    assert.equal(faultsOf({ ...least, path }).length, 1, JSON.stringify(path))
    assert.equal(faultsOf({ ...least, exclude: [path] }).length, 1, JSON.stringify(path))
  }
})

test('a slip of the finger is told with the nearest name or value', () => {
  const { faults } = checkEntries([{ ...least, startsAt: 'end', compression: 'ztsd' }], originAt('/key'))
  assert.deepEqual(
    faults.map(({ suggestion }) => suggestion),
    ['zstd', 'startAt'],
  )
})

test('an entry that was normalised reads as itself', () => {
  const entry = CollectEntry.parse({
    ...least,
    multiline: { preset: 'java', timeout: '2s' },
    redact: ['a+'],
    partition: { key: 'k' },
    ignoreOlder: '7d',
  })
  assert.deepEqual(CollectEntry.parse(JSON.parse(JSON.stringify(entry))), entry)
})

test('names of data streams follow the rules of Elasticsearch', () => {
  for (const dataset of ['nginx.access', 'a_b', 'ü', '生产'])
    assert.deepEqual(faultsOf({ ...least, dataset }), [], dataset)
  for (const dataset of ['a-b', 'A', '_a', 'a*', 'a b', '', 'a,b', 'Ü', 'x'.repeat(101), '生'.repeat(34)]) {
    assert.equal(faultsOf({ ...least, dataset }).length, 1, dataset)
    assert.equal(faultsOf({ ...least, namespace: dataset }).length, 1, dataset)
  }
})

test('fields and tags that would weigh down every record are refused', () => {
  const fields = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, 'x'.repeat(100)]))
  assert.match(faultsOf({ ...least, fields })[0] ?? '', /ride on every record/)
})

test('one bad entry harms no other, and an id is taken once', () => {
  const { entries, faults } = parseEntries(
    JSON.stringify([least, { path: 'x' }, least, { ...least, id: 'second' }]),
    '/key',
  )
  assert.deepEqual(
    entries.map(({ id }) => id),
    ['17740bfe', 'second'],
  )
  assert.deepEqual(
    faults.map(({ path }) => path),
    ['[1].path', '[1].topic', '[2].id'],
  )
  assert.ok(faults.every(({ source, at }) => source === 'etcd' && at === '/key'))
})

test('a value that is no JSON, or no list, is one fault', () => {
  for (const text of ['', '{', '{"path":"/a"}', 'null', '"x"', '[', '['.repeat(100_000)]) {
    const { entries, faults } = parseEntries(text, '/key')
    assert.equal(faults.length, 1, text.slice(0, 20))
    assert.deepEqual(entries, [])
  }
})

test('a line goes out whole when both the entry and the batch have room for it', () => {
  assert.equal(lineLimitBytes({ maxLineBytes: 100 }, 1_000_000), 100)
  assert.equal(lineLimitBytes({ maxLineBytes: 524_288 }, 32_768), 32_768 - lineOverheadBytes)
})

test('tens of thousands of entries, sound or not, are checked in a moment, and of their faults the first are told', () => {
  const began = performance.now()
  const many = Array.from({ length: 20_000 }, (_, i) => ({ path: `/${i}`, topic: 't' }))
  assert.equal(parseEntries(JSON.stringify(many), '/k').entries.length, 20_000)
  const { entries, faults } = parseEntries(JSON.stringify([...Array.from({ length: 20_000 }, () => 1), many[0]]), '/k')
  assert.equal(entries.length, 1, 'one behind them is sound')
  assert.equal(faults.length, 201)
  assert.match(faults[200]?.message ?? '', /^holds 19800 more entries that are not sound$/)
  const unknown = Object.fromEntries(many.map(({ path }) => [`x${path}`, 1]))
  assert.equal(parseEntries(JSON.stringify([{ ...many[0], ...unknown }]), '/k').faults.length, 200)
  assert.ok(performance.now() - began < 5_000)
})
