import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { anyAddress, localAddressTowards } from './local-address.ts'

// Names below .invalid are never resolved (RFC 2606).
const nowhere = 'kafka.invalid:9092'

test('the address towards a server of this host is one of its own', { timeout: 20_000 }, async () => {
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  const address = await localAddressTowards(['127.0.0.1:9092'])
  assert.ok(own.includes(address ?? ''), String(address))
  assert.equal(isIP(anyAddress()) !== 0, true)
})

test(
  'a server whose name nobody knows is passed by; with none that is known there is no address',
  { timeout: 20_000 },
  async () => {
    assert.equal(await localAddressTowards([nowhere, '127.0.0.1:9092']), anyAddress())
    assert.equal(await localAddressTowards([nowhere, 'etcd.invalid:2379']), null)
    assert.equal(await localAddressTowards([]), null)
  },
)
