import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { randomName, testServers } from '@logpipe/testkit'
import type { StatusReport } from '../status/report.ts'
import { runLogctl } from '../test-output.ts'
import { TestStore } from '../test-store.ts'

const servers = testServers()
const env = {
  LOGCTL_KAFKA: servers.kafkaBrokers.join(','),
  LOGCTL_ETCD: servers.etcdEndpoints.join(','),
  LOGCTL_ELASTICSEARCH: servers.elasticsearchNodes.join(','),
  // Agents of other tests are none of ours.
  LOGCTL_ETCD_PREFIX: `/${randomName('status')}`,
}

/** Answers /readyz as an agent does. */
async function endpoint(t: TestContext, status: number, body: unknown): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('status shows every server, each topic with its partitions and records, and is 0 when all is well', async (t) => {
  const cluster = new Cluster({ brokers: servers.kafkaBrokers, clientId: 'test' })
  const topic = randomName('status')
  await cluster.ensureTopic(topic, { partitions: 3, replication: 1 }, t.signal)
  t.after(async () => {
    await cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  const agent = await endpoint(t, 200, { ready: true })
  const { code, stdout } = await runLogctl(['--agents', agent, 'status', '--json'], { env })
  const report = JSON.parse(stdout) as StatusReport
  assert.equal(report.healthy, true, stdout)
  assert.equal(code, 0)
  assert.deepEqual(
    report.kafka?.topics?.find((state) => state.topic === topic),
    { topic, partitions: 3, records: 0 },
  )
  assert.equal(report.etcd?.healthy, true)
  assert.match(report.elasticsearch?.status ?? '', /green|yellow/)
  assert.deepEqual(report.programs, [{ kind: 'agent', address: `http://${agent}`, healthy: true }])
})

test('for people it is tables', async (t) => {
  const { code, stdout } = await runLogctl(['--transfers', await endpoint(t, 200, { ready: true }), 'status'], { env })
  assert.equal(code, 0)
  for (const row of [/^Kafka +ok \(1 broker\)/m, /^etcd +ok/m, /^Elasticsearch +ok/m, /^transfer +ok/m])
    assert.match(stdout, row)
})

test('what does not answer is named, the rest is shown, and the code is 1', async (t) => {
  const agent = await endpoint(t, 503, { ready: false, reason: 'Kafka is away.' })
  const args = ['--kafka', '127.0.0.1:9', '--etcd', 'http://127.0.0.1:65000', '--agents', agent, 'status']
  const { code, stdout } = await runLogctl(args, { env })
  assert.equal(code, 1)
  assert.match(stdout, /^Kafka +PROBLEM/m)
  assert.match(stdout, /^Elasticsearch +ok/m)
  assert.match(stdout, /^! No Kafka broker answers \(asked 127\.0\.0\.1:9\)/m)
  assert.match(stdout, /^! http:\/\/127\.0\.0\.1:65000 does not answer/m)
  assert.match(stdout, /^! The agent: Kafka is away\.$/m)
})

test('agents and transfers that are registered in etcd are counted; what one could not apply is a problem', async (t) => {
  const own = await TestStore.open(t)
  const none = await own.logctl(['status'])
  assert.equal(none.code, 0, none.stdout)
  assert.match(none.stdout, /^agents +none +registered in etcd$/m)
  const started = '2026-11-21T05:00:00.000Z'
  for (const id of ['a1', 'a2', 'a3']) {
    await own.put(`agents/${id}`, {
      id,
      host: id,
      ip: '10.0.0.1',
      labels: {},
      version: '1',
      pid: 1,
      address: '',
      started,
    })
  }
  const row = { desired: 5, attempted: 5, applied: 5, state: 'APPLIED', error: null }
  await own.put('status/a1', { agent: 'a1', revision: 5, entries: [{ ...row, id: 'x' }] })
  await own.put('status/a2', {
    agent: 'a2',
    revision: 5,
    entries: [{ ...row, id: 'x', applied: null, state: 'PENDING' }],
  })
  const well = await own.logctl(['status'])
  assert.equal(well.code, 0)
  assert.match(well.stdout, /^agents +ok \(3 alive, 1 on the way\) +registered in etcd$/m)
  assert.match(well.stdout, /^transfers +none /m)

  const failed = { ...row, applied: null, state: 'FAILED', error: 'no \u001b[2J right' }
  const entries = Array.from({ length: 7 }, (_, n) => ({ ...failed, id: `e${n}` }))
  await own.put('status/a3', { agent: 'a3', revision: 5, entries })
  const { code, stdout } = await own.logctl(['status'])
  assert.equal(code, 1)
  assert.match(stdout, /^agents +PROBLEM \(3 alive, 1 could not apply something, 1 on the way\)/m)
  assert.match(stdout, /^! Agent a3, e0: no \\e\[2J right$/m)
  assert.match(stdout, /^! Agents: 2 more; logctl rollout tells all\.$/m)
  const report = JSON.parse((await own.logctl(['status', '--json'])).stdout) as StatusReport
  assert.deepEqual([report.healthy, report.fleet?.agents.failed, report.fleet?.transfers.alive], [false, 1, 0])
})
