import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCluster, testTopic, uniqueName } from '../test-cluster.ts'
import { brokerDisks, groupRights, mayCreateTopic, topicHealth, topicSettings } from './inspect.ts'

test('topics are told with their copies, what must be in sync, and our rights; those that are gone are left out', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster, 3)
  const found = await topicHealth(cluster, [topic, uniqueName('none')], t.signal)
  assert.deepEqual(
    found.map((each) => [each.topic, each.partitions.length, each.minInSync]),
    [[topic, 3, 1]],
  )
  const [health] = found
  for (const { hasLeader, inSync, replicas } of health?.partitions ?? []) {
    assert.deepEqual([hasLeader, inSync], [true, replicas])
  }
  assert.ok(health?.rights.has('read') && health.rights.has('write') && health.rights.has('describe'))
  assert.deepEqual(await topicHealth(cluster, [], t.signal), [])
})

test('settings of topics are told, those that the broker gives too', async (t) => {
  const cluster = testCluster(t)
  const topic = await testTopic(t, cluster, 1)
  const found = await topicSettings(cluster, [topic, uniqueName('none')], ['cleanup.policy'], t.signal)
  assert.deepEqual(Object.fromEntries(found.get(topic) ?? []), { 'cleanup.policy': 'delete' })
  assert.equal(found.get(topic)?.size, 1)
  assert.equal((await topicSettings(cluster, [], ['cleanup.policy'], t.signal)).size, 0)
})

test('asking whether a topic may be created creates none', async (t) => {
  const cluster = testCluster(t)
  const topic = uniqueName('asked')
  assert.equal(await mayCreateTopic(cluster, topic, t.signal), true)
  await assert.rejects(cluster.partitionCount(topic, t.signal), { code: 'kafka_topic_missing' })
})

test('a group that nobody has ever used has its rights, too, and brokers tell the room on their disks', async (t) => {
  const cluster = testCluster(t)
  assert.ok((await groupRights(cluster, uniqueName('group'), t.signal)).has('read'))
  await cluster.ping(t.signal)
  const disks = await brokerDisks(cluster, t.signal)
  assert.ok(disks.length > 0)
  for (const { totalBytes, usableBytes } of disks) assert.ok(usableBytes > 0 && usableBytes <= totalBytes)
})
