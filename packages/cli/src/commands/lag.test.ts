import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Cluster, encodeRecords, GroupConsumer, Producer } from '@logpipe/kafka'
import { closeAfter, randomName, testServers } from '@logpipe/testkit'
import { type Printed, runLogctl } from '../test-output.ts'

const brokers = testServers().kafkaBrokers
const env = { LOGCTL_KAFKA: brokers.join(',') }

class Group {
  readonly topic = randomName('lag')
  readonly #cluster = new Cluster({ brokers, clientId: 'test' })
  readonly #producer = new Producer(this.#cluster)

  static async create(t: TestContext): Promise<Group> {
    const group = new Group()
    closeAfter(t, async () => {
      group.#producer.close()
      await group.#cluster.deleteTopic(group.topic, AbortSignal.timeout(10_000))
      await group.#cluster.close()
    })
    await group.#cluster.ensureTopic(group.topic, { partitions: 2, replication: 1 }, AbortSignal.timeout(20_000))
    return group
  }

  async write(partition: number, records: number): Promise<void> {
    const batch = Array.from({ length: records }, () => ({ value: Buffer.from('a line') }))
    await this.#producer.send(this.topic, partition, await encodeRecords(batch, 'none'))
  }

  /** What stands before this offset is deleted, as the retention does. */
  async forget(partition: number, offset: number): Promise<void> {
    await this.#cluster.deleteRecords({ topic: this.topic, partition }, offset, AbortSignal.timeout(10_000))
  }

  /** The group of the topic's name reads up to this offset of partition 0. */
  async commit(offset: number): Promise<void> {
    const consumer = new GroupConsumer(this.#cluster, { group: this.topic })
    const stop = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const running = consumer.run(
      {
        topics: [this.topic],
        onAssigned: (partitions) => {
          const own = partitions.find(({ partition }) => partition === 0)
          own?.commit(offset).then(resolve, reject)
        },
        onRevoked: async () => {},
        onLost: () => {},
      },
      stop.signal,
    )
    await promise
    stop.abort()
    await running
  }

  lag(...args: string[]): Promise<Printed> {
    return runLogctl(['--consumer-group', this.topic, 'lag', this.topic, ...args], { env, isTerminal: true })
  }
}

test('lag tells how far the group is behind, by topic and by partition', { timeout: 60_000 }, async (t) => {
  const group = await Group.create(t)
  await group.write(0, 10)
  await group.write(1, 5)
  const none = await group.lag()
  assert.deepEqual([none.code, none.stdout], [0, ''])
  assert.match(none.stderr, /has committed nothing of these topics/)
  // A monitor must not take for well what is not known: another group's name, or transfers that never ran.
  const watched = await runLogctl(['--consumer-group', group.topic, 'lag', group.topic, '--above', '100'], { env })
  assert.equal(watched.code, 1)
  assert.match(watched.stderr, /^logctl: Group .* has committed nothing of these topics, so its lag is not known/)

  await group.commit(4)
  const { code, stdout } = await group.lag()
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^TOPIC +PARTITIONS +RECORDS +LAG OF ${group.topic}\n${group.topic} +2 +15 +11\n$`))
  const parts = (await group.lag('--partitions', '--json')).stdout.split('\n').slice(0, -1)
  assert.deepEqual(
    parts.map((line) => JSON.parse(line) as unknown),
    [
      { topic: group.topic, partition: 0, partitions: 1, records: 10, committed: 4, end: 10, lag: 6 },
      { topic: group.topic, partition: 1, partitions: 1, records: 5, committed: null, end: 5, lag: 5 },
    ],
  )
  // What is gone cannot be read any more.
  await group.forget(0, 7)
  await group.forget(1, 2)
  const [row] = (await group.lag('--json')).stdout.split('\n')
  assert.deepEqual(JSON.parse(row ?? ''), { topic: group.topic, partitions: 2, records: 6, lag: 6 })
})

test(
  'the exit code tells a lag above what was asked for, and two looks tell the pace',
  { timeout: 60_000 },
  async (t) => {
    const group = await Group.create(t)
    await group.write(0, 10)
    await group.commit(4)
    assert.equal((await group.lag('--above', '6')).code, 0)
    assert.equal((await group.lag('--above', '5')).code, 1)
    const { stdout } = await group.lag('--over', '1s')
    assert.match(stdout, / IN\/S +OUT\/S +READ IN\n.* 6 +0 +0 +never\n$/)
    for (const wrong of [
      ['--above', '-1'],
      ['--over', '5'],
      ['--over', '2h'],
    ])
      assert.equal((await group.lag(...wrong)).code, 2, wrong.join(' '))
  },
)
