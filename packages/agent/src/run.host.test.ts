import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import {
  closeAfter,
  type Daemon,
  LogDir,
  readTopic,
  type Scope,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { testTopic } from './testing/topic.ts'

const { kafkaBrokers: brokers } = testServers()

interface Point {
  measurement: string
  tags: Record<string, string>
  fields: Record<string, number>
  timestamp: number
}

async function pointsIn(topic: string): Promise<Point[]> {
  const points: Point[] = []
  for await (const { value, source } of readTopic({ brokers, topic })) {
    assert.equal(source, null)
    points.push(JSON.parse(String(value)) as Point)
  }
  return points
}

/** A metric's number, as Prometheus would read it. */
async function metric(agent: Daemon, name: string): Promise<number> {
  const text = await (await fetch(`${agent.url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

/** A topic that takes nothing, made beforehand: every batch is too large for it. */
async function closedTopic(t: Scope): Promise<string> {
  const topic = testTopic(t, 'agent_host')
  const cluster = new Cluster({ brokers, clientId: 'agent-test' })
  closeAfter(t, () => cluster.close())
  const configs = { 'max.message.bytes': '1' }
  await cluster.ensureTopic(topic, { partitions: 1, replication: 1, configs }, AbortSignal.timeout(30_000))
  return topic
}

async function count(topic: string): Promise<number> {
  let lines = 0
  for await (const _ of readTopic({ brokers, topic })) lines++
  return lines
}

test('host metrics come as records, and hold what /metrics says', { timeout: 60_000 }, async (t) => {
  const topic = testTopic(t, 'agent_host')
  const settings = {
    kafka: { brokers },
    host: 'web-1',
    ip: '10.0.0.7',
    id: 'agent-7',
    labels: { dc: 'ffm' },
    hostMetrics: { topic, everyMs: 1_000 },
  }
  const agent = await startAgent(t, settings)
  await waitFor(async () => (await metric(agent, 'logagent_host_records_total')) >= 14, { what: 'two readings' })
  const points = await pointsIn(topic)
  const of = (name: string): Point[] => points.filter(({ measurement }) => measurement === `host_${name}`)
  for (const name of ['cpu', 'load', 'memory', 'processes', 'agent']) {
    const [first, second] = of(name)
    assert.ok(first !== undefined && second !== undefined, name)
    assert.deepEqual(first.tags, { dc: 'ffm', host: 'web-1', ip: '10.0.0.7', agent: 'agent-7' })
    assert.ok(second.timestamp > first.timestamp)
  }
  const cpu = of('cpu').at(-1)?.fields
  const memory = of('memory').at(-1)?.fields
  assert.equal(memory?.['total_bytes'], await metric(agent, 'logagent_host_memory_bytes{kind="total"}'))
  assert.equal(cpu?.['cpus'], await metric(agent, 'logagent_host_cpus'))
  const [first = NaN, last = NaN] = [of('cpu')[0]?.fields['user_seconds'], cpu?.['user_seconds']]
  assert.ok(first > 0 && first <= last)
  assert.ok((await metric(agent, 'logagent_host_cpu_seconds_total{mode="user"}')) >= last)
  assert.equal(await metric(agent, 'logagent_host_collector_success{collector="cpu"}'), 1)
  assert.equal(await agent.stop(), 0)
})

test('where Kafka does not take them, lines go on and what is dropped is counted', { timeout: 60_000 }, async (t) => {
  const [lines, topic] = [testTopic(t, 'agent_host'), await closedTopic(t)]
  const dir = LogDir.create(t)
  const entries = [{ path: dir.file('*.log'), topic: lines }]
  const agent = await startAgent(t, { kafka: { brokers }, entries, hostMetrics: { topic, everyMs: 1_000 } })
  const dropped = (): Promise<number> => metric(agent, 'logagent_host_records_dropped_total')
  await waitFor(async () => (await dropped()) > 0, { what: 'records that are dropped', deadlineMs: 30_000 })
  dir.appendLines('a.log', ['one', 'two'])
  await waitFor(async () => (await count(lines)) === 2, { what: 'the lines', deadlineMs: 20_000 })
  assert.equal(await metric(agent, 'logagent_host_records_total'), 0)
  assert.equal(await count(topic), 0)
  assert.equal(await agent.stop(), 0)
})

test('switched off, the host is not measured', { timeout: 60_000 }, async (t) => {
  const agent = await startAgent(t, { kafka: { brokers }, hostMetrics: { enabled: false } })
  const text = await (await fetch(`${agent.url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text()
  assert.doesNotMatch(text, /logagent_host_/)
  assert.equal(await agent.stop(), 0)
})
