import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

test('50 files with the same content are 50 files', async (t) => {
  const rig = await Rig.start(t)
  for (let i = 0; i < 50; i++) rig.dir.appendLines(`${i}.log`, ['the same header'])
  await rig.poll()
  await rig.bounce()
  await rig.poll()
  await rig.pollAfter(5_000)
  assert.equal((await rig.lines()).length, 50)
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 50)
  await rig.stop()
})

test('files of 0, 1, 63, 1023, 1024, 1025 bytes that grow byte by byte, with a stop now and then', async (t) => {
  const rig = await Rig.start(t)
  const sizes = [0, 1, 63, 1023, 1024, 1025]
  const content = sizes.map((size) => 'x'.repeat(size))
  for (const [i, bytes] of content.entries()) rig.dir.append(`${i}.log`, bytes)
  await rig.poll()
  for (let step = 0; step < 12; step++) {
    for (const i of sizes.keys()) {
      const byte = step % 4 === 3 ? '\n' : String.fromCharCode(97 + step)
      rig.dir.append(`${i}.log`, byte)
      content[i] += byte
    }
    if (step % 5 === 4) await rig.bounce()
    await rig.poll()
  }
  const arrived = await rig.arrived()
  for (const [i, bytes] of content.entries()) {
    const own = arrived.filter(({ path }) => path === `${i}.log`)
    assert.deepEqual(
      own.map(({ text }) => text),
      bytes.split('\n').slice(0, -1),
      `file ${i}`,
    )
    assert.equal(new Set(own.map(({ source }) => source)).size, 1)
  }
  await rig.stop()
})

test('a file that is rewritten while the registry cannot be written is not taken for what it was', async (t) => {
  const rig = await Rig.start(t)
  rig.disk.fault = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')
  rig.dir.appendLines('a.log', ['1'])
  await rig.poll()
  rig.dir.truncate('a.log')
  rig.dir.appendLines('a.log', ['2'])
  rig.disk.fault = null
  await rig.pollAfter(1_000)
  await rig.bounce()
  await rig.pollAfter(7_000)
  assert.deepEqual(await rig.lines(), ['2'])
  await rig.stop()
})
