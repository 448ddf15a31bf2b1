import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecords, FetchedBatch, type PlainRecord } from '@logpipe/kafka'
import { ByteBudget } from '../../consume/budget.ts'
import { Segment } from '../../consume/segment.ts'
import { OriginCache } from '../../document/origin-cache.ts'
import type { Written } from '../../document/writer.ts'
import { Bulk, type BulkLimits } from '../bulk.ts'
import { PointWriter, sourceTagsOf } from './point-writer.ts'
import { parseSourceTags } from './source-tags.ts'

const readMs = 1_700_000_000_123
const ingestedMs = 1_800_000_000_000
const source = {
  id: 'AAAAAAAAAAAAAAAA',
  host: 'web 1',
  ip: '10.0.0.1',
  path: '/x',
  entry: 'e',
  fields: { env: 'prod' },
}

function record(value: string | Buffer | null, from: object | string | null = source): PlainRecord {
  const header = typeof from === 'string' ? from : JSON.stringify(from)
  return {
    value: typeof value === 'string' ? Buffer.from(value) : value,
    timestampMs: readMs,
    headers: from === null ? [] : [{ key: 'source', value: Buffer.from(header) }],
  }
}

interface Result {
  items: string[]
  written: Written[]
  refused: Bulk['refused']
}

/** Writes the records into one bulk, up to the first that finds no room. */
async function write(records: readonly PlainRecord[], limits?: Partial<BulkLimits>, bytes = 4_096): Promise<Result> {
  const sources = new OriginCache(10, (header) => {
    const tags = parseSourceTags(header)
    return tags === null ? null : sourceTagsOf(tags)
  })
  const writer = new PointWriter('metrics', sources, 'ms')
  const bulk = new Bulk({ maxBytes: bytes, maxItems: 100, ...limits }, bytes)
  bulk.ingestedMs = ingestedMs
  const owner = { topic: 'metrics', partition: 0, isForgotten: false, documentBytes: new ByteBudget(1).open() }
  const batch = new FetchedBatch(Buffer.from((await encodeRecords(records, 'none')).bytes))
  bulk.begin(new Segment(owner, batch, 0, () => {}))
  const cursor = await batch.open()
  const written: Written[] = []
  while (cursor.next()) {
    written.push(writer.write(cursor, bulk))
    if (written.at(-1) === 'full') break
  }
  const items = Array.from({ length: bulk.count }, (_, item) =>
    bulk.body.toString('utf8', bulk.startOf(item), bulk.endOf(item)),
  )
  return { items, written, refused: bulk.refused }
}

test('lines get the tags of their source and the time of their record where they have none of their own', async () => {
  const lines = '# load\nload v=1i\n\nload,host=other,env=x v=2 17\n'
  const { items, written } = await write([record(lines), record('load v=3')])
  assert.deepEqual(written, ['own', 'own'])
  assert.deepEqual(items, [
    `load,env=prod,host=web\\ 1 v=1i ${readMs}\nload,host=other,env=x v=2 17\n`,
    `load,env=prod,host=web\\ 1 v=3 ${readMs}\n`,
  ])
})

test('JSON records become points beside lines', async () => {
  const { items } = await write([record(' \n{"name":"load","fields":{"v":1.0}}'), record('load v=3')])
  assert.deepEqual(items, [
    `load,env=prod,host=web\\ 1 v=1.0 ${readMs}\n`,
    `load,env=prod,host=web\\ 1 v=3 ${readMs}\n`,
  ])
})

test('records of other producers are written without tags of ours', async () => {
  const { items, written } = await write([record('load v=1', null), record('load v=2', '[1'), record('load v=3', '7')])
  assert.deepEqual(written, ['foreign', 'foreign', 'foreign'])
  assert.deepEqual(
    items,
    [1, 2, 3].map((v) => `load v=${v} ${readMs}\n`),
  )
})

test('what is no point is refused as a whole record, with the reason, and the others go on', async () => {
  const { items, refused, written } = await write([
    record('load v=1'),
    record('load v=2\nload v=\n'),
    record('{"name":"load"}'),
    record(Buffer.from([0x6c, 0x20, 0x76, 0x3d, 0x22, 0xff, 0x22])),
    record('load v=3'),
  ])
  assert.deepEqual(written, Array(5).fill('own'))
  assert.deepEqual(
    items.map((item) => item.length > 0),
    [true, false, false, false, true],
  )
  const why = (reason: string): string => `No point can be made of the record: ${reason}.`
  assert.deepEqual(
    refused.map(({ item, reason }) => [item, reason]),
    [
      [1, why('line 2: a value is none of string, number, true and false')],
      [2, why('there are no fields (an object)')],
      [3, why('the value is no UTF-8 text')],
    ],
  )
  assert.ok(refused.every(({ type, stage }) => type === 'point_invalid' && stage === 'pipeline'))
})

test('tombstones are told, and records that hold no point are items without bytes', async () => {
  const { items, written } = await write([
    record(null),
    record(''),
    record('# nothing'),
    record('{"name":"m","fields":{}}'),
  ])
  assert.deepEqual(written, ['tombstone', 'own', 'own', 'own'])
  assert.deepEqual(items, ['', '', ''])
})

test('a record whose time InfluxDB cannot keep gets that of its bulk', async () => {
  const far = { ...record('load v=1', null), timestampMs: 20_000_000_000_000 }
  assert.deepEqual((await write([far])).items, [`load v=1 ${ingestedMs}\n`])
})

test('a record without room waits for the next bulk, which grows for one that is larger than all', async () => {
  const text = 'é'.repeat(200)
  const line = `load note="${text}"`
  assert.deepEqual((await write([record('load v=1'), record(line)], {}, 300)).written, ['own', 'full'])
  assert.deepEqual((await write([record('{'), record('load v=1')], { maxItems: 1 }, 300)).written, ['own', 'full'])
  const json = JSON.stringify({ name: 'load', fields: { note: text } })
  for (const large of [line, json]) {
    const { items } = await write([record(large, null)], {}, 300)
    assert.deepEqual(items, [`${line} ${readMs}\n`])
  }
})
