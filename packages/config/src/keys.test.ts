import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { buildKey, keysOf, parseKey, type StoreKey } from './keys.ts'

const examples: [StoreKey, string][] = [
  [{ kind: 'host', ip: '10.0.0.1' }, '/logpipe/collect/hosts/10.0.0.1'],
  [{ kind: 'host', ip: 'fe80::1' }, '/logpipe/collect/hosts/fe80::1'],
  [{ kind: 'group', name: 'web' }, '/logpipe/collect/groups/web'],
  [{ kind: 'service', service: 'shop', instance: 'a:8080' }, '/logpipe/collect/services/shop/a:8080'],
  [{ kind: 'pipeline', name: 'nginx' }, '/logpipe/pipelines/nginx'],
  [{ kind: 'agent', id: 'web-1' }, '/logpipe/agents/web-1'],
  [{ kind: 'transfer', id: 't1' }, '/logpipe/transfers/t1'],
  [{ kind: 'status', id: 'web-1' }, '/logpipe/status/web-1'],
  [{ kind: 'transferStatus', id: 't1' }, '/logpipe/transfer-status/t1'],
  [{ kind: 'request', id: 'web-1', number: 7 }, '/logpipe/requests/web-1/7'],
  [{ kind: 'transferRequest', id: 't1', number: 7 }, '/logpipe/transfer-requests/t1/7'],
  [{ kind: 'reply', number: 7 }, '/logpipe/replies/7'],
  [{ kind: 'lock', name: 'retention' }, '/logpipe/locks/retention'],
  [{ kind: 'audit', id: '1763703000123-00ff00ff00ff00ff' }, '/logpipe/audit/1763703000123-00ff00ff00ff00ff'],
]

test('every kind of key stands where the design says, and is read back', () => {
  for (const [key, text] of examples) {
    assert.equal(buildKey('/logpipe', key), text)
    assert.deepEqual(parseKey('/logpipe', text), key)
    assert.ok(text.startsWith(keysOf('/logpipe', key.kind)))
  }
})

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
const number = fc.maxSafeNat()
const whole = { noNullPrototype: true } as const
const anyKey: fc.Arbitrary<StoreKey> = fc.oneof(
  fc.record({ kind: fc.constant('host' as const), ip: fc.oneof(fc.ipV4(), fc.ipV6()) }, whole),
  fc.record({ kind: fc.constant('group' as const), name }, whole),
  fc.record({ kind: fc.constant('service' as const), service: name, instance: name }, whole),
  fc.record({ kind: fc.constant('request' as const), id: name, number }, whole),
  fc.record({ kind: fc.constant('audit' as const), id: fc.stringMatching(/^[1-9]\d{12}-[0-9a-f]{16}$/) }, whole),
)

test('what is built is read back, under any prefix', () => {
  fc.assert(
    fc.property(fc.constantFrom('', '/logpipe', '/a/b'), anyKey, (prefix, key) => {
      assert.deepEqual(parseKey(prefix, buildKey(prefix, key)), key)
    }),
  )
})

test('any text is read without an error, and what is read is built back to the same text', () => {
  const part = fc.oneof(
    fc.constantFrom('collect', 'hosts', 'groups', 'services', 'agents', 'audit', '1', '01', '::1', ''),
    fc.string(),
  )
  const anyText = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 6 }).map((parts) => `/logpipe/${parts.join('/')}`),
  )
  fc.assert(
    fc.property(anyText, (text) => {
      const key = parseKey('/logpipe', text)
      if (key !== undefined) assert.equal(buildKey('/logpipe', key), text)
    }),
    { numRuns: 2_000 },
  )
})

test('keys of others and keys that are not sound are none of ours', () => {
  for (const text of [
    '/other/agents/a',
    '/logpipe/agents/',
    '/logpipe/agents/a/b',
    '/logpipe/agents/../x',
    '/logpipe/collect/hosts/nine',
    '/logpipe/audit/1234',
    '/logpipe/audit/1763703000123-x',
    '/logpipe/unknown/a',
  ]) {
    assert.equal(parseKey('/logpipe', text), undefined, text)
  }
  for (const key of [
    { kind: 'agent', id: 'a/b' },
    { kind: 'host', ip: 'x' },
    { kind: 'audit', id: '1234' },
  ] as StoreKey[]) {
    assert.throws(
      () => buildKey('/logpipe', key),
      (error) => isLogpipeError(error, 'settings_invalid'),
    )
  }
})
