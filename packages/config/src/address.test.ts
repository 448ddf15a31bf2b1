import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalIp } from './address.ts'
import { AgentSettings } from './agent.ts'

test('an address has one spelling: that of the system', () => {
  const same: [string, string][] = [
    ['10.0.0.7', '10.0.0.7'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::FFFF:10.0.0.7', '::ffff:a00:7'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['::', '::'],
    ['web-1', 'web-1'],
  ]
  for (const [written, meant] of same) assert.equal(canonicalIp(written), meant)
  const { ip, ips } = AgentSettings.parse({ kafka: { brokers: ['a:1'] }, ip: '2001:DB8::1', ips: ['FE80::0:2'] })
  assert.deepEqual([ip, ips], ['2001:db8::1', ['fe80::2']])
})
