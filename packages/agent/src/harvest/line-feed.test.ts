import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rig } from '../testing/rig.ts'

test('lines of any length fit a batch beside a long key', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log', partition: { key: 'k'.repeat(1_000) } }] })
  rig.dir.appendLines('a.log', ['x'.repeat(32_400)])
  await rig.poll()
  assert.equal((await rig.lines()).join('').length, 32_400)
})
