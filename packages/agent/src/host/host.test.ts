import assert from 'node:assert/strict'
import { cpus, totalmem } from 'node:os'
import { test } from 'node:test'
import { HostMetrics, hostCollectors } from '@logpipe/config'
import { silentLogger, systemClock } from '@logpipe/runtime'
import { createMetrics } from '@logpipe/runtime'
import { Collection, type Snapshot } from './collection.ts'
import { HostEvents } from './events.ts'
import { collectorsOf } from './open.ts'

const agent = { openFiles: 3, lagBytes: 7, delivery: { inFlightBytes: 11 } }

function collect(procDir?: string): Promise<Snapshot> {
  const collectors = collectorsOf(HostMetrics.parse({}), agent, procDir)
  const events = new HostEvents(silentLogger, createMetrics('test'), undefined)
  return new Collection(collectors, systemClock, events).read()
}

function valuesOf({ collected }: Snapshot, name: string): Readonly<Record<string, number>> {
  return collected.find(({ collector }) => collector.name === name)?.readings[0]?.values ?? {}
}

test('what is read of this host is plausible, and what counts up grows', async () => {
  const before = await collect()
  assert.deepEqual(
    before.collected.map(({ collector }) => collector.name),
    hostCollectors,
  )
  for (const { collector, failure, seconds } of before.collected) {
    assert.equal(failure, null, collector.name)
    assert.ok(seconds >= 0 && seconds < 2, `${collector.name} ${seconds}`)
  }
  assert.equal(valuesOf(before, 'cpu')['cpus'], cpus().length)
  const memory = valuesOf(before, 'memory')
  assert.equal(memory['total_bytes'], totalmem())
  assert.ok((memory['free_bytes'] ?? 0) > 0 && (memory['free_bytes'] ?? 0) < totalmem())
  assert.ok((valuesOf(before, 'processes')['processes'] ?? 0) >= 1)
  assert.ok((valuesOf(before, 'agent')['resident_bytes'] ?? 0) > 10_000_000)
  assert.equal(valuesOf(before, 'agent')['lag_bytes'], 7)
  const root = before.collected
    .find(({ collector }) => collector.name === 'filesystem')
    ?.readings.find(({ tags }) => tags['mount'] === '/')?.values
  if (root !== undefined) assert.ok((root['size_bytes'] ?? 0) >= (root['free_bytes'] ?? 0))

  // Until this process alone has used more CPU time than the kernel's unit.
  const end = process.cpuUsage().user + 50_000
  while (process.cpuUsage().user < end);
  const after = await collect()
  const total = (snapshot: Snapshot): number =>
    Object.values(valuesOf(snapshot, 'cpu')).reduce((sum, value) => sum + value, 0)
  assert.ok(total(after) > total(before))
  assert.ok((valuesOf(after, 'agent')['cpu_seconds'] ?? 0) >= (valuesOf(before, 'agent')['cpu_seconds'] ?? 0) + 0.05)
})

test('every field that is read has a metric, and no two metrics share a name', async () => {
  const names = new Set<string>()
  for (const { collector, readings } of (await collect()).collected) {
    const fields = collector.measures.flatMap((measure) => Object.keys(measure.fields))
    for (const { tags, values } of readings) {
      assert.deepEqual(Object.keys(tags).sort(), [...collector.labels].sort())
      for (const field of Object.keys(values)) assert.ok(fields.includes(field), `${collector.name} ${field}`)
    }
    for (const { metric } of collector.measures) {
      assert.ok(!names.has(metric), metric)
      names.add(metric)
    }
  }
})

test('a host without /proc has nothing to tell, and nothing breaks', async () => {
  assert.deepEqual((await collect('/nowhere/proc')).collected, [])
})
