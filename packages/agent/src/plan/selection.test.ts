import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreItem } from '@logpipe/config'
import fc from 'fast-check'
import { emptySelection, type HostIdentity, Selector } from './selection.ts'

const host: HostIdentity = {
  id: 'agent-1',
  hostname: 'web-1',
  ips: ['10.0.0.1', 'fd00::1'],
  labels: { role: 'web', zone: 'a' },
}
const entry = (topic: string, more: object = {}): object => ({
  id: topic,
  path: `/var/log/${topic}.log`,
  topic,
  ...more,
})

function items(values: Record<string, unknown>): Map<string, StoreItem> {
  let revision = 10
  return new Map(
    Object.entries(values).map(([key, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return [`/logpipe/collect/${key}`, { key: `/logpipe/collect/${key}`, value: text, modRevision: revision++ }]
    }),
  )
}

const idsOf = (selector: Selector, values: Record<string, unknown>): string[] =>
  selector.select(items(values)).entries.map(({ spec }) => spec.id)

test('a host has the entries of all its addresses, of the groups that select it, and of the services that run on it, in this order', () => {
  const values = {
    'services/shop/web-1:8080': { host: '10.0.0.1', entries: [entry('shop')] },
    'services/shop/web-2:8080': { host: '10.0.0.2', entries: [entry('elsewhere')] },
    'services/cart/1': { host: 'web-1', entries: [entry('cart')] },
    'groups/web': { selector: { role: 'web' }, entries: [entry('nginx')] },
    'groups/a-web': { selector: { role: 'web', zone: 'a' }, entries: [entry('zoned')] },
    'groups/db': { selector: { role: 'db' }, entries: [entry('mysql')] },
    'groups/half': { selector: { role: 'web', zone: 'b' }, entries: [entry('half')] },
    'hosts/fd00::1': [entry('six')],
    'hosts/10.0.0.1': [entry('own')],
    'hosts/10.0.0.12': [entry('neighbour')],
  }
  assert.deepEqual(idsOf(new Selector('/logpipe', host), values), [
    'own',
    'six',
    'a-web/zoned',
    'web/nginx',
    'cart/1/cart',
    'shop/web-1:8080/shop',
  ])
})

test('an address or a key that is given twice counts once', () => {
  const twice = { ...host, ips: ['10.0.0.1', '10.0.0.1'] }
  const selector = new Selector('/logpipe', twice, ['/logpipe/collect/hosts/%s', '/own/%s', '/own/%s'])
  assert.equal(new Set(selector.prefixes).size, selector.prefixes.length)
  assert.deepEqual(idsOf(selector, { 'hosts/10.0.0.1': [entry('own')] }), ['own'])
})

test('a host is selected by its name and its first address, too', () => {
  const values = {
    'groups/a': { selector: { hostname: 'web-1' }, entries: [entry('a')] },
    'groups/b': { selector: { ip: '10.0.0.1' }, entries: [entry('b')] },
    'groups/c': { selector: { ip: 'fd00::1' }, entries: [entry('c')] },
  }
  assert.deepEqual(idsOf(new Selector('/logpipe', host), values), ['a/a', 'b/b'])
})

test('agents of a canary run its entries, the others those of the group', () => {
  const canary = { agents: ['agent-1'], entries: [entry('new')] }
  const values = { 'groups/web': { selector: { role: 'web' }, entries: [entry('old')], canary } }
  assert.deepEqual(idsOf(new Selector('/logpipe', host), values), ['web/new'])
  assert.deepEqual(idsOf(new Selector('/logpipe', { ...host, id: 'agent-2' }), values), ['web/old'])
})

test('what is wrong with the entries of a group is told by those that are to run them: canaries and the rest', () => {
  const bad = { path: 'relative', topic: 't' }
  const canary = { agents: ['agent-1'], entries: [entry('new'), bad, bad] }
  const values = { 'groups/web': { selector: { role: 'web' }, entries: [entry('old'), bad], canary } }
  const told = (own: HostIdentity): string[] =>
    new Selector('/logpipe', own).select(items(values)).orphanFaults.map(({ path }) => path)
  assert.deepEqual(told(host), ['canary.entries[1].path', 'canary.entries[2].path'])
  assert.deepEqual(told({ ...host, id: 'agent-2' }), ['entries[1].path'])
})

test('by key of hosts and groups it is said which revision the entries are of, also where there are none; a broken value leaves the one before', () => {
  const selector = new Selector('/logpipe', host)
  const values = {
    'hosts/10.0.0.1': [],
    'groups/web': { selector: { role: 'web' }, entries: [] },
    'groups/db': { selector: { role: 'db' }, entries: [] },
    'services/shop/1': { host: 'web-1', entries: [] },
  }
  const [own, group] = ['/logpipe/collect/hosts/10.0.0.1', '/logpipe/collect/groups/web']
  const { revisions } = selector.select(items(values))
  assert.deepEqual(Object.fromEntries(revisions), { [own]: 10, [group]: 11 })
  const later = selector.select(new Map([[own, { key: own, value: 'no JSON', modRevision: 20 }]]))
  assert.deepEqual(Object.fromEntries(later.revisions), { [own]: 10 })
})

test("keys of the user's own are read by template, for each address", () => {
  const selector = new Selector('/logpipe', host, ['/my/own/%s/conf'])
  const key = '/my/own/10.0.0.1/conf'
  assert.ok(selector.prefixes.includes(key))
  const own = { key, value: JSON.stringify([{ path: '/var/log/a.log', topic: 'mine' }]), modRevision: 3 }
  const { entries } = selector.select(new Map([[key, own]]))
  assert.deepEqual(
    entries.map(({ spec, revision }) => [spec.topic, revision]),
    [['mine', 3]],
  )
})

test('a value that cannot be used leaves in place what its key said before, and is told until it is mended or gone', () => {
  const selector = new Selector('/logpipe', host)
  const good = { 'hosts/10.0.0.1': [entry('a')], 'groups/web': { selector: { role: 'web' }, entries: [entry('b')] } }
  assert.deepEqual(idsOf(selector, good), ['a', 'web/b'])
  const bad = items({ 'hosts/10.0.0.1': '{"path":', 'groups/web': { selector: {}, entries: [entry('c')] } })
  for (let look = 0; look < 2; look++) {
    const { entries, faults } = selector.select(bad)
    assert.deepEqual(
      entries.map(({ spec }) => spec.id),
      ['a', 'web/b'],
    )
    assert.deepEqual(
      faults.map(({ at }) => at),
      ['/logpipe/collect/hosts/10.0.0.1', '/logpipe/collect/groups/web'],
    )
  }
  assert.deepEqual(selector.select(new Map()), emptySelection)
  assert.deepEqual(selector.select(bad).entries, [], 'what was deleted is not remembered')
})

test('one bad entry is left out alone, with the place where it stands', () => {
  const selector = new Selector('/logpipe', host)
  const values = {
    'groups/web': { selector: { role: 'web' }, entries: [entry('a'), { path: 'relative', topic: 't' }] },
  }
  const { entries, faults } = selector.select(items(values))
  assert.equal(entries.length, 1)
  assert.equal(faults[0]?.path, 'entries[1].path')
  assert.equal(faults[0]?.at, '/logpipe/collect/groups/web')
})

test('whatever stands in the store, nothing is thrown, and each value tells on its own', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant('[]'),
    fc.json().map((json) => `{"selector":{"role":"web"},"entries":${json}}`),
  )
  const key = fc.oneof(
    fc.constantFrom('hosts/10.0.0.1', 'groups/web', 'groups/x', 'services/a/b', 'services/a', 'groups/a/b/c'),
    fc.string().map((name) => `groups/${name}`),
  )
  const selector = new Selector('/logpipe', host)
  fc.assert(
    fc.property(fc.dictionary(key, text, { maxKeys: 5 }), (values) => {
      const { entries } = selector.select(items({ ...values, 'hosts/fd00::1': [entry('six')] }))
      assert.ok(entries.some(({ spec }) => spec.id === 'six'))
    }),
    { numRuns: 300 },
  )
})
