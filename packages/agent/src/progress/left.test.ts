import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from '../testing/rig.ts'

test('what entries have still to do: to be read, on its way, refused; a line without its end and a file that is read are not under way', async (t) => {
  const names = ['done', 'waits', 'refused', 'held', 'other']
  const entries = names.map((id) => ({ id, path: `${id}.log`, topic: id }))
  const rig = await Rig.start(t, { entries })
  const asked = new Set(names.filter((name) => name !== 'other'))
  const left = (): Record<string, unknown> => Object.fromEntries(rig.agent.leftOf(asked))
  assert.deepEqual(left(), {})
  rig.dir.append('done.log', 'all of it\n')
  rig.dir.append('waits.log', 'a line\nits begi')
  await rig.poll()
  await rig.settle()
  rig.kafka.faults.set('refused', new LogpipeError('kafka_topic_forbidden', 'No.'))
  rig.kafka.holding = true
  for (const name of ['refused', 'held', 'other']) rig.dir.append(`${name}.log`, 'a line\n')
  await rig.poll()
  assert.deepEqual(left(), {
    waits: { lagBytes: 8, isUnderWay: false },
    refused: { lagBytes: 7, isUnderWay: true },
    held: { lagBytes: 7, isUnderWay: true },
  })
  assert.deepEqual(rig.agent.leftOf(new Set()), new Map())
})
