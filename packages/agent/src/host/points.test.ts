import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, FakeClock, type Logger, LogpipeError, silentLogger } from '@logpipe/runtime'
import { Collection } from './collection.ts'
import { type Collector, type Reading, single } from './collector.ts'
import { HostEvents } from './events.ts'
import { pointsOf } from './points.ts'
import { PointPublisher } from './publisher.ts'
import type { PointSink } from './sink.ts'

const measured = { id: 'web-1', host: 'web-1.example', ip: '10.0.0.1', labels: { dc: 'ffm', host: 'mine' } }
const never = new AbortController().signal

function disk(readings: readonly Reading[]): Collector {
  const measures = [single('disk_reads_total', '', 'reads'), single('disk_io_seconds_total', '', 'io_seconds', true)]
  return { name: 'disk', labels: ['device'], measures, collect: async () => [...readings] }
}

test('a point has measurement, tags, fields and time for InfluxDB, and names of host and agent for Elasticsearch', () => {
  const collector = disk([])
  const readings = [{ tags: { device: 'sda' }, values: { reads: 12, io_seconds: 3 } }]
  const [point = ''] = pointsOf(
    { at: 1_700, collected: [{ collector, seconds: 0, readings, failure: null }] },
    measured,
  )
  assert.deepEqual(JSON.parse(point), {
    measurement: 'host_disk',
    tags: { dc: 'ffm', host: 'web-1.example', ip: '10.0.0.1', agent: 'web-1', device: 'sda' },
    fields: { reads: 12, io_seconds: 3 },
    timestamp: 1_700,
    '@timestamp': 1_700,
    host: { name: 'web-1.example', ip: '10.0.0.1' },
    agent: { id: 'web-1' },
    labels: { dc: 'ffm', host: 'mine' },
  })
  // A field of InfluxDB keeps the type of its first point.
  assert.match(point, /"fields":\{"reads":12,"io_seconds":3\.0\}/)
})

/** A stand-in for Kafka that refuses when it is told to. */
class Taken implements PointSink {
  readonly batches: (readonly string[])[] = []
  refuses: LogpipeError | null = null

  async write(key: string, points: readonly string[]): Promise<void> {
    assert.equal(key, 'web-1')
    if (this.refuses !== null) throw this.refuses
    this.batches.push(points)
  }
}

test('what cannot be written is dropped and counted, and said once until it works again', async () => {
  const said: string[] = []
  const log: Logger = {
    ...silentLogger,
    info: (message) => void said.push(`info ${message}`),
    warn: (message) => void said.push(`warn ${message}`),
  }
  const [clock, metrics, sink] = [new FakeClock(), createMetrics('test'), new Taken()]
  const events = new HostEvents(log, metrics, 'metrics')
  const readings = ['sda', 'sdb'].map((device) => ({ tags: { device }, values: { reads: 1 } }))
  const collection = new Collection([disk(readings)], clock, events)
  const publisher = new PointPublisher({ agent: measured, collection, sink, events, clock, everyMs: 10_000 })
  sink.refuses = new LogpipeError('kafka_topic_forbidden', 'No.')
  assert.equal(await publisher.turn(never), false)
  assert.equal(await publisher.turn(never), false)
  assert.match(await metrics.text(), /^test_host_records_dropped_total 4$/m)
  sink.refuses = null
  assert.equal(await publisher.turn(never), true)
  assert.match(await metrics.text(), /^test_host_records_total 2$/m)
  assert.equal(sink.batches.length, 1)
  assert.deepEqual(
    said.map((text) => text.slice(0, 37)),
    ['warn Host metrics cannot be written; l', 'info Host metrics are written again'].map((text) => text.slice(0, 37)),
  )
})

test('a turn whose timer fires a little early writes a new reading, not the last one again', async () => {
  const [clock, sink] = [new FakeClock(), new Taken()]
  const events = new HostEvents(silentLogger, createMetrics('test'), 'metrics')
  const collection = new Collection([disk([{ tags: { device: 'sda' }, values: { reads: 1 } }])], clock, events)
  const publisher = new PointPublisher({ agent: measured, collection, sink, events, clock, everyMs: 1_000 })
  await publisher.turn(never)
  clock.advance(999)
  await publisher.turn(never)
  const times = sink.batches.flat().map((point) => (JSON.parse(point) as { timestamp: number }).timestamp)
  assert.deepEqual(times, [times[0], Number(times[0]) + 999])
})

test('many points go in batches that brokers take', async () => {
  const [clock, sink] = [new FakeClock(), new Taken()]
  const events = new HostEvents(silentLogger, createMetrics('test'), 'metrics')
  const readings = Array.from({ length: 500 }, (_, n) => ({ tags: { device: `sd${n}` }, values: { reads: n } }))
  const collection = new Collection([disk(readings)], clock, events)
  const agent = { ...measured, labels: { long: 'x'.repeat(1_000) } }
  await new PointPublisher({ agent, collection, sink, events, clock, everyMs: 10_000 }).turn(never)
  assert.ok(sink.batches.length > 1)
  assert.equal(sink.batches.flat().length, 500)
  for (const batch of sink.batches) assert.ok(Buffer.byteLength(batch.join('')) <= 500_000)
})
