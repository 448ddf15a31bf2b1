import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderBlock, RecordBatchEncoder } from '@logpipe/kafka'
import { Batch } from '../../deliver/batch.ts'
import type { Lane } from '../../deliver/lane.ts'
import { Source } from '../source.ts'
import { RecordWriter, type Way } from './record-writer.ts'
import { TextEvent } from './text-event.ts'

/** A way whose batches have room for one record of 200 bytes each, and those batches. */
function narrowWay(): { way: Way; batches: Batch[] } {
  const batches: Batch[] = []
  let open: Batch | null = null
  const begin = (): Batch => {
    const encoder = new RecordBatchEncoder(400)
    encoder.reset(0)
    open = new Batch(encoder, 0, false)
    batches.push(open)
    return open
  }
  const seal = (): void => {
    open = null
  }
  const lane = { writable: () => open ?? begin(), enlarge: begin, seal } as unknown as Lane
  const headers = new HeaderBlock([], 'offset')
  return { way: { lane, headers, resentHeaders: headers, key: null }, batches }
}

/** Two events in pieces; the second stands in the file between two parts of the first. */
function writeInterleaved(): { source: Source; batches: Batch[] } {
  const identity = { dev: 1n, ino: 1n, birthtimeNs: 1n }
  const keeper = { epoch: 0, epochBytes: 1, isFailing: false, touched: () => {} }
  const source = Source.begin({ path: '/a', identity }, { id: 'e', topic: 't' }, keeper)
  const { way, batches } = narrowWay()
  const bytes = Buffer.alloc(700, 'x')
  const around = new TextEvent()
  around.open(0)
  around.joinPart(bytes, 0, 200, 0, 200)
  around.joinPart(bytes, 500, 700, 500, 700)
  const between = new TextEvent()
  between.wrap(bytes, 0, 400, 200, 500, 0)
  const writer = new RecordWriter(source)
  writer.begin(bytes, 0, 0)
  writer.beginGroup(0)
  writer.writeEvent(way, around, 200, false, between.offset)
  writer.writeEvent(way, between, 200, false, Infinity)
  writer.end(700, null)
  return { source, batches }
}

test('nothing behind a group is acknowledged before each of its batches is, in whatever order its records stand in the file', () => {
  const count = writeInterleaved().batches.length
  assert.equal(count, 4)
  for (let late = 0; late < count; late++) {
    const { source, batches } = writeInterleaved()
    for (const batch of batches) if (batch !== batches[late]) batch.acknowledge()
    assert.ok(source.acked < 700, `batch ${late} is not acknowledged`)
    batches[late]?.acknowledge()
    assert.equal(source.acked, 700)
  }
})
