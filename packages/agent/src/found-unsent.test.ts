import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

test('a file found while Kafka is away is read after a crash, though it was renamed out of the globs meanwhile', async (t) => {
  const rig = await Rig.start(t)
  rig.kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true }))
  rig.dir.appendLines('a.log', ['old 1', 'old 2'])
  await rig.pollAfter(1_000)
  await rig.pollAfter(1_000)
  rig.dir.rotate('a.log')
  rig.crash()
  rig.dir.appendLines('a.log', ['new 1'])
  rig.kafka.faults.clear()
  await rig.restart()
  await rig.poll()
  assert.deepEqual((await rig.lines()).toSorted(), ['new 1', 'old 1', 'old 2'])
  await rig.stop()
})
