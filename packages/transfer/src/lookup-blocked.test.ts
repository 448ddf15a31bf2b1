import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, LogpipeError, silentLogger } from '@logpipe/runtime'
import { ByteBudget } from './consume/budget.ts'
import { MemorySource } from './consume/memory.ts'
import { Burial } from './deliver/burial.ts'
import { Lane } from './deliver/lane.ts'
import { DocumentWriter } from './document/document.ts'
import { OriginCache } from './document/origin-cache.ts'
import { parseOrigin } from './document/origin.ts'
import { Events } from './events.ts'
import { MemoryDeadLetters } from './sink/dead-letter-memory.ts'
import { MemoryLookup } from './sink/lookup-memory.ts'
import { MemorySink } from './sink/memory.ts'
import { SuspectsSink } from './sink/suspects.ts'
import { committedUpTo, lines, messages } from './test-transfer.ts'
import { Transfer } from './transfer.ts'
import { PartitionWorker } from './worker.ts'

const fast = { baseMs: 1, maxMs: 5 }
const defaults = { type: 'logs', namespace: 'default' }

test('a stream whose suspects cannot be looked up (an old backing index is red) holds up itself alone', async (t) => {
  const source = new MemorySource()
  const good = source.add('good', 0)
  const bad = source.add('bad', 0)
  // Nothing is committed: all of both is suspect.
  for (let from = 0; from < 300; from += 10) {
    await good.append(lines(from, 10))
    await bad.append(lines(from, 10, 'BBBBBBBBBBBBBBBB'))
  }
  const sink = new MemorySink()
  for (const topic of ['good', 'bad']) sink.rollover(`logs-${topic}-default`)
  const lookup = new MemoryLookup(sink)
  const find = lookup.find.bind(lookup)
  let isRed = true
  lookup.find = async (targets, ids) => {
    const all = [...targets]
    if (!isRed || !all.includes('logs-bad-default')) return await find(all, ids)
    const message = 'Suspects could not be looked up: a search left shards out'
    throw new LogpipeError('elasticsearch_unavailable', message, { retriable: true })
  }
  const events = new Events(silentLogger, createMetrics('test'))
  const lane = new Lane({
    name: 'memory',
    sink: new SuspectsSink(sink, lookup, events),
    burial: new Burial(new MemoryDeadLetters(), events, { backoff: fast }),
    limits: { maxBytes: 65_536, maxItems: 100 },
    maxAgeMs: 5,
    inFlight: 2,
    events,
    backoff: fast,
  })
  const budgets = { fetched: new ByteBudget(1 << 19), documents: new ByteBudget(1 << 19) }
  const origins = new OriginCache(100, (header, topic) => parseOrigin(header, topic, defaults))
  const transfer = new Transfer({
    source,
    makeWorker: (partition) => {
      const parts = { ...budgets, opening: lane.opening, filler: lane.filler, events, backoff: fast }
      return new PartitionWorker(partition, new DocumentWriter(partition.topic, 0, origins, defaults), parts)
    },
    failed: lane.delivery.failed,
    events,
    commitMs: 2,
    drainMs: 200,
  })
  const stop = new AbortController()
  const done = transfer.run(stop.signal)
  t.after(async () => {
    stop.abort()
    await done
    lane.close()
  })
  await committedUpTo(good, 300)
  isRed = false
  await committedUpTo(bad, 300)
  assert.equal(messages(sink).length, 600)
})
