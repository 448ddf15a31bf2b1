import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, FakeClock } from '@logpipe/runtime'
import { Collection } from './collection.ts'
import { type Collector, single } from './collector.ts'
import { showHost } from './gauges.ts'

/** A stand-in for a collector that does what the test says; the host's own cannot be made to fail or hang. */
class Puppet implements Collector {
  readonly name
  readonly labels = []
  readonly measures
  calls = 0
  answer: () => Promise<number>

  constructor(name: Collector['name'], answer: () => Promise<number>) {
    this.name = name
    this.measures = [single(`${name}_bytes`, 'For the test.', 'bytes')]
    this.answer = answer
  }

  async collect(): ReturnType<Collector['collect']> {
    this.calls++
    return [{ tags: {}, values: { bytes: await this.answer() } }]
  }
}

function fixture(...collectors: Puppet[]): { collection: Collection; clock: FakeClock; said: string[] } {
  const said: string[] = []
  const clock = new FakeClock()
  const collection = new Collection(collectors, clock, {
    absent: (name, reason) => void said.push(`absent ${name} ${reason}`),
    failed: (name, reason) => void said.push(`failed ${name} ${reason}`),
    worked: (name) => void said.push(`worked ${name}`),
  })
  return { collection, clock, said }
}

test('however many ask, the host is read once a second', async () => {
  const load = new Puppet('load', async () => 1)
  const { collection, clock } = fixture(load)
  await Promise.all([collection.read(), collection.read()])
  clock.advance(999)
  await collection.read()
  assert.equal(load.calls, 1)
  clock.advance(1)
  await collection.read()
  assert.equal(load.calls, 2)
})

test('a collector that fails does so alone, and the metrics say it without a number of its own', async () => {
  const cpu = new Puppet('cpu', async () => 7)
  const load = new Puppet('load', () => Promise.reject(new Error('No luck.')))
  const { collection, clock, said } = fixture(cpu, load)
  const metrics = createMetrics('test')
  showHost(metrics, collection, [cpu, load])
  const text = await metrics.text()
  assert.match(text, /^test_host_collector_success\{collector="cpu"\} 1$/m)
  assert.match(text, /^test_host_collector_success\{collector="load"\} 0$/m)
  assert.match(text, /^test_host_collector_duration_seconds\{collector="load"\} [\d.e-]+$/m)
  assert.match(text, /^test_host_cpu_bytes 7$/m)
  assert.doesNotMatch(text, /^test_host_load_bytes \d/m)
  load.answer = async () => 8
  clock.advance(1_000)
  assert.match(await metrics.text(), /^test_host_load_bytes 8$/m)
  assert.deepEqual(said, ['worked cpu', 'failed load No luck.', 'worked cpu', 'worked load'])
})

test('what the host does not have is said once and left out', async () => {
  const load = new Puppet('load', () => Promise.reject(Object.assign(new Error('No file.'), { code: 'ENOENT' })))
  const { collection, clock, said } = fixture(load)
  assert.deepEqual((await collection.read()).collected, [])
  clock.advance(1_000)
  await collection.read()
  assert.equal(load.calls, 1)
  assert.deepEqual(said, ['absent load No file.'])
})

test('one that hangs is waited for two seconds, and not asked again until it has answered', async () => {
  const held = Promise.withResolvers<number>()
  const cpu = new Puppet('cpu', async () => 7)
  const load = new Puppet('load', () => held.promise)
  const { collection, clock, said } = fixture(cpu, load)
  const began = performance.now()
  const { collected } = await collection.read()
  const ms = performance.now() - began
  assert.ok(ms >= 1_990 && ms < 10_000, `${ms} ms`)
  assert.deepEqual(
    collected.map(({ failure }) => failure === null),
    [true, false],
  )
  assert.match(said.at(-1) ?? '', /^failed load The collector load hangs/)
  clock.advance(1_000)
  await collection.read()
  assert.deepEqual([cpu.calls, load.calls], [2, 1])
  held.resolve(1)
  await held.promise
  await new Promise(setImmediate)
  clock.advance(1_000)
  await collection.read()
  assert.equal(load.calls, 2)
})
