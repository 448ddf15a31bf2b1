import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { MemoryStore } from '../store-memory.ts'
import { openTestStore } from '../test-store.ts'
import { historyOf } from './history.ts'
import { change, type ChangeableKey, maxValueBytes, readStanding, valueFaults } from './change.ts'

const host: ChangeableKey = { kind: 'host', ip: '10.0.0.1' }
const author = { by: 'ada', note: 'why', atMs: 1_763_703_000_123 }
const nginx = '[{"path":"/var/log/nginx/*.log","topic":"web_log"}]'

test('every change leaves who, what and when, at the very revision of the change', async (t) => {
  const { store, prefix } = await openTestStore(t)
  await store.put(`${prefix}/collect/hosts/10.0.0.10`, nginx)
  const absent = await readStanding(store, prefix, host)
  assert.deepEqual([absent.value, absent.revision], [null, 0], 'another key that begins alike is not it')
  await change(store, prefix, absent, nginx, author)
  const first = await readStanding(store, prefix, host)
  assert.equal(first.value, nginx)
  await change(store, prefix, first, '[]', { ...author, atMs: author.atMs - 5_000 })
  await change(store, prefix, await readStanding(store, prefix, host), null, author)
  assert.equal((await readStanding(store, prefix, host)).value, null)
  const history = await historyOf(store, prefix, first.key)
  assert.deepEqual(
    history.map(({ from, to }) => [from, to]),
    [
      [null, nginx],
      [nginx, '[]'],
      ['[]', null],
    ],
    'in the order in which it happened, whatever the clocks said',
  )
  assert.equal(history[0]?.revision, first.revision)
  assert.deepEqual([history[0]?.by, history[0]?.note, history[0]?.at], ['ada', 'why', '2025-11-21T05:30:00.123Z'])
})

test('of two editors of one revision the second is told, and leaves no trace', async (t) => {
  const { store, prefix } = await openTestStore(t)
  const seen = await readStanding(store, prefix, host)
  await change(store, prefix, seen, nginx, author)
  for (const to of ['[]', null]) {
    await assert.rejects(change(store, prefix, seen, to, author), (error) => isLogpipeError(error, 'etcd_conflict'))
  }
  assert.equal((await historyOf(store, prefix, seen.key)).length, 1)
})

test('a value of the largest size is written, changed and deleted; what is too large to be kept is a hash', async (t) => {
  const { store, prefix } = await openTestStore(t)
  const large = (bytes: number, fill = ' '): string => `[${fill.repeat(bytes - 2)}]`
  const values = [large(maxValueBytes), large(maxValueBytes, '\t'), large(262_142), large(131_000, '\n'), null]
  for (const to of values) await change(store, prefix, await readStanding(store, prefix, host), to, author)
  const history = await historyOf(store, prefix, `${prefix}/collect/hosts/10.0.0.1`)
  const [first, second, third, fourth] = history.map(({ to }) => to)
  for (const to of [first, second]) {
    assert.ok(typeof to === 'object' && to !== null && 'sha256' in to)
    assert.equal(to.bytes, maxValueBytes)
    assert.match(to.sha256, /^[0-9a-f]{64}$/)
  }
  assert.equal(third, values[2])
  assert.equal(fourth, values[3])
})

test('an unsound value is refused with every fault at its field, and nothing is written', async () => {
  const store = new MemoryStore()
  const bad = JSON.stringify([
    { path: 'relative', topic: 'a b' },
    { path: '/a/../b', topic: 'ok', topc: 1 },
    { path: '/fine', topic: 'ok' },
  ])
  const standing = await readStanding(store, '/p', host)
  assert.deepEqual(
    valueFaults(host, bad, standing.key).map(({ path }) => path),
    ['[0].path', '[0].topic', '[1].path', '[1].topc'],
  )
  await assert.rejects(change(store, '/p', standing, bad, author), (error) => {
    return isLogpipeError(error, 'settings_invalid') && error.message.split('\n').length === 5
  })
  assert.deepEqual((await store.list('/p')).items, [])
  const others: [ChangeableKey, string, RegExp][] = [
    [host, `[${' '.repeat(maxValueBytes)}]`, /is 524290 bytes large/],
    [host, '{', /is not JSON/],
    [{ kind: 'group', name: 'web' }, '{"selector":{},"entries":[]}', /must name a label/],
    [{ kind: 'pipeline', name: 'x' }, '{"processors":[{"nope":{}}]}', /./],
  ]
  for (const [target, text, message] of others) assert.match(valueFaults(target, text, 'k')[0]?.message ?? '', message)
})

test('an answer that was lost is told as such', async () => {
  const store = new MemoryStore()
  const standing = await readStanding(store, '/p', host)
  store.setAvailable(false)
  await assert.rejects(change(store, '/p', standing, nginx, author), /^LogpipeError: Whether .* is not known/)
})

test('audit keys of others are passed by', async () => {
  const store = new MemoryStore()
  await store.put('/p/audit/1763703000123-00ff00ff00ff00ff', 'not JSON')
  await store.put('/p/audit/1763703000123-00ff00ff00ff00fe', '{"key":1}')
  assert.deepEqual(await historyOf(store, '/p', 'k'), [])
})
