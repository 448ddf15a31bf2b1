import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from '@logpipe/runtime'
import { Rig } from './testing/rig.ts'

interface KillPoint {
  /** What had been done with two lines when the agent was killed. */
  when: string
  kill: (rig: Rig) => Promise<void>
  /** How often each of the two lines is in Kafka at the end. */
  times: number
}

const away = new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true })

/** In the order in which they come in the life of a line. A registry's write is whole or not at all: see sqlite/registry.test.ts. */
const killPoints: KillPoint[] = [
  {
    when: 'read, and what sending needs cannot be written',
    times: 1,
    kill: async (rig) => {
      rig.disk.fault = new LogpipeError('disk_full', 'The disk is full.')
      await rig.poll()
      rig.crash()
      rig.disk.fault = null
    },
  },
  {
    when: 'read, and nothing sent',
    times: 1,
    kill: async (rig) => {
      rig.kafka.faults.set('t', away)
      await rig.poll()
      rig.crash()
      rig.kafka.faults.clear()
    },
  },
  {
    when: 'sent, and Kafka never got it',
    times: 1,
    kill: async (rig) => {
      rig.kafka.holding = true
      await rig.poll()
      assert.equal(rig.kafka.waitingCount, 1)
      rig.crash()
      rig.kafka.loseRequests()
      rig.kafka.holding = false
    },
  },
  {
    when: 'sent, and Kafka has it, but its answer never came',
    times: 2,
    kill: async (rig) => {
      rig.kafka.holding = true
      await rig.poll()
      rig.crash()
      rig.kafka.loseAnswers()
      rig.kafka.holding = false
    },
  },
  {
    when: 'acknowledged, and not written down',
    times: 2,
    kill: async (rig) => {
      await rig.poll()
      rig.crash()
    },
  },
  {
    when: 'acknowledged, while that is written down: the power goes with it',
    times: 2,
    kill: async (rig) => {
      await rig.poll()
      await rig.pollAfter(1_000)
      rig.crash()
      rig.disk.losePower()
    },
  },
  {
    when: 'acknowledged, and written down',
    times: 1,
    kill: async (rig) => {
      await rig.poll()
      await rig.pollAfter(1_000)
      rig.crash()
    },
  },
]

for (const { when, kill, times } of killPoints) {
  test(`killed when lines were ${when}: they are in Kafka under one id, copies are marked, and reading goes on`, async (t) => {
    const rig = await Rig.start(t)
    rig.dir.appendLines('a.log', ['one', 'two'])
    await kill(rig)
    await rig.restart()
    rig.dir.appendLines('a.log', ['three'])
    await rig.poll()
    assert.deepEqual(await rig.lines(), ['one', 'two', 'three'])
    const arrived = await rig.arrived()
    assert.equal(new Set(arrived.map(({ source }) => source)).size, 1)
    const ofFirst = arrived.filter(({ text }) => text === 'one')
    assert.equal(ofFirst.length, times)
    assert.ok(
      ofFirst.slice(1).every(({ resent }) => resent),
      'a copy says that it is one',
    )
    await rig.stop()
  })
}
