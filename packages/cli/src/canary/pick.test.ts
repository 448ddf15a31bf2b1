import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FleetMember } from '../fleet/fleet.ts'
import { agent } from '../test-fleet.ts'
import { pickCanaries } from './pick.ts'

const member = (id: string, labels: Record<string, string>): FleetMember => ({
  registration: agent(id, '10.0.0.1', labels),
  status: null,
})
const web = { role: 'web' }
const fleet = [
  ...['w1', 'w2', 'w3', 'w4', 'w5'].map((id, i) => member(id, { ...web, zone: i < 2 ? 'a' : 'b' })),
  member('db', { role: 'db', zone: 'a' }),
]

test('one by default, as many as were asked for, all with a label, or those that were named: never one of another group', () => {
  assert.equal(pickCanaries('web', web, {}, fleet).length, 1)
  assert.deepEqual(pickCanaries('web', web, { labels: { zone: 'a' } }, fleet), ['w1', 'w2'])
  assert.equal(pickCanaries('web', web, { labels: { zone: 'b' }, count: 2 }, fleet).length, 2)
  assert.deepEqual(pickCanaries('web', web, { agents: ['w3', 'w1', 'w3'] }, fleet), ['w1', 'w3'])
  assert.deepEqual(pickCanaries('web', web, { labels: { hostname: 'host-w4' } }, fleet), ['w4'])
})

test('a choice that cannot be met is refused with what is there', () => {
  assert.throws(() => pickCanaries('web', web, { agents: ['db'] }, fleet), /'db' is no live agent of group web/)
  assert.throws(() => pickCanaries('web', web, { count: 6 }, fleet), /has 5 live agents; 6 were asked for/)
  assert.throws(() => pickCanaries('web', web, { labels: { zone: 'c' } }, fleet), /0 live agents with these labels; 1/)
  assert.throws(() => pickCanaries('web', web, {}, []), /has 0 live agents; 1 were/)
})

test('the choice does not go by the order in which agents are listed, and who joins takes at most his own place', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(fleet, { minLength: 6 }), fc.integer({ min: 1, max: 5 }), (shuffled, count) => {
      const picked = pickCanaries('web', web, { count }, fleet)
      assert.deepEqual(pickCanaries('web', web, { count }, shuffled), picked)
      const more = pickCanaries('web', web, { count }, [...fleet, member('new', web)])
      assert.ok(more.filter((id) => !picked.includes(id)).every((id) => id === 'new'))
    }),
  )
})
