import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AgentProgress, type FileProgress, parseProgress } from '@logpipe/config'
import { createMetrics, FakeClock, type Logger, LogpipeError, silentLogger } from '@logpipe/runtime'
import { waitFor } from '@logpipe/testkit'
import { ProgressEvents } from './events.ts'
import { ProgressPublisher } from './publisher.ts'
import type { ProgressSink } from './sink.ts'

const never = new AbortController().signal

/** A stand-in for Kafka that refuses when it is told to. */
class Taken implements ProgressSink {
  readonly records: AgentProgress[] = []
  refuses: LogpipeError | null = null
  tries = 0

  async put(key: string, value: string): Promise<void> {
    this.tries++
    if (this.refuses !== null) throw this.refuses
    const record = parseProgress(Buffer.from(key), Buffer.from(value))
    assert.ok(record !== null, value)
    this.records.push(record)
  }
}

interface Fixture {
  sink: Taken
  clock: FakeClock
  files: FileProgress[]
  publisher: ProgressPublisher
  said: string[]
}

function fixture(everyMs = 10_000): Fixture {
  const said: string[] = []
  const log: Logger = {
    ...silentLogger,
    info: (message) => void said.push(`info ${message}`),
    warn: (message) => void said.push(`warn ${message}`),
  }
  const sink = new Taken()
  const clock = new FakeClock()
  const files: FileProgress[] = []
  const agent = { id: 'web-1', host: 'web-1.example', ip: '10.0.0.1' }
  const events = new ProgressEvents(log, createMetrics('test'), 'logpipe.progress')
  const publisher = new ProgressPublisher({ agent, registers: true, files: () => files, sink, events, clock, everyMs })
  return { sink, clock, files, publisher, said }
}

function file(path: string, acked: number): FileProgress {
  const size = 100
  const lagBytes = size - acked
  return {
    path,
    entry: 'e',
    topic: 't',
    identity: 'i',
    size,
    read: acked,
    acked,
    lagBytes,
    state: 'active',
    reason: null,
  }
}

test('a record is written at first, then where something has changed, and else every five minutes', async () => {
  const { sink, clock, files, publisher } = fixture()
  await publisher.turn(never)
  assert.deepEqual(sink.records[0], {
    agent: 'web-1',
    host: 'web-1.example',
    ip: '10.0.0.1',
    at: new Date(clock.now()).toISOString(),
    nextMs: 300_000,
    registers: true,
    ended: false,
    totals: { files: 0, lagBytes: 0, states: {} },
    files: [],
    omitted: 0,
  })
  clock.advance(10_000)
  await publisher.turn(never)
  assert.equal(sink.records.length, 1)
  files.push(file('/a', 40))
  await publisher.turn(never)
  await publisher.turn(never)
  assert.deepEqual(
    sink.records.map((record) => record.files.map(({ acked }) => acked)),
    [[], [40]],
  )
  clock.advance(299_000)
  await publisher.turn(never)
  assert.equal(sink.records.length, 2)
  clock.advance(1_000)
  await publisher.turn(never)
  assert.equal(sink.records.length, 3)
})

test('what could not be written is written with what is newer, and said once until it works again', async () => {
  const { sink, clock, files, publisher, said } = fixture()
  sink.refuses = new LogpipeError('kafka_topic_forbidden', 'The topic is forbidden.')
  files.push(file('/a', 1))
  await publisher.turn(never)
  await publisher.turn(never)
  assert.equal(sink.tries, 2)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /^warn The progress of files cannot be written.*collecting goes on/)
  files[0] = file('/a', 2)
  sink.refuses = null
  clock.advance(10_000)
  await publisher.turn(never)
  assert.deepEqual(sink.records[0]?.files[0]?.acked, 2)
  assert.deepEqual(said.slice(1), ['info The progress of files is written again'])
})

test('Kafka that is away for less than a minute is not said here', async () => {
  const { sink, clock, publisher, said } = fixture()
  sink.refuses = new LogpipeError('kafka_unavailable', 'No broker answers.', { retriable: true })
  await publisher.turn(never)
  clock.advance(59_000)
  await publisher.turn(never)
  assert.deepEqual(said, [])
  clock.advance(1_000)
  await publisher.turn(never)
  assert.equal(said.length, 1)
})

test('it looks again and again until it is told to stop; the last word is that it has ended, with the last positions', async (t) => {
  const { sink, files, publisher } = fixture(1)
  const stop = new AbortController()
  t.after(() => stop.abort())
  const running = publisher.run(stop.signal)
  await waitFor(() => sink.records.length === 1, { what: 'a record', everyMs: 1 })
  files.push(file('/a', 1))
  await waitFor(() => sink.records.length === 2, { what: 'the next record', everyMs: 1 })
  stop.abort()
  await running
  files[0] = file('/a', 100)
  await publisher.end()
  const last = sink.records.at(-1)
  assert.deepEqual([last?.ended, last?.files[0]?.acked], [true, 100])
})

test('where Kafka was never there, or does not take it, an end does not wait for a last word', async () => {
  const unheard = fixture()
  await unheard.publisher.end()
  assert.equal(unheard.sink.tries, 0)
  const refused = fixture()
  await refused.publisher.turn(never)
  refused.sink.refuses = new LogpipeError('kafka_topic_forbidden', 'no')
  refused.files.push(file('/a', 1))
  await refused.publisher.turn(never)
  await refused.publisher.end()
  assert.equal(refused.sink.tries, 2)
})

test('a sink that refuses is not asked more and more often, but less', async (t) => {
  const { sink, publisher } = fixture(20)
  sink.refuses = new LogpipeError('kafka_topic_forbidden', 'no')
  const stop = new AbortController()
  t.after(() => stop.abort())
  const running = publisher.run(stop.signal)
  const began = performance.now()
  await waitFor(() => sink.tries === 4, { what: 'four tries', everyMs: 1 })
  // After the first try at least 20, 40 and 80 ms.
  assert.ok(performance.now() - began >= 139, `${performance.now() - began} ms`)
  stop.abort()
  await running
})
