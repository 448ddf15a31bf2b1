import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import fc from 'fast-check'
import { Bulk } from '../sink/bulk.ts'
import { cursorOf, items, own, readMs, source, write, writer } from '../test-document.ts'
import { parseOrigin } from './origin.ts'
import { OriginCache } from './origin-cache.ts'

const defaults = { type: 'logs', namespace: 'default' }

test('a line becomes an ECS document with the id of its source and offset', async () => {
  const full = { ...source, fields: { team: 'shop', 'a.b': 'c' }, tags: ['x', 'y'] }
  const {
    items: [item],
    written,
  } = await write([own('GET "/" \\ 200', 1_234, full)])
  assert.deepEqual(written, ['own'])
  assert.deepEqual(item, {
    action: { create: { _index: 'logs-web_log-default', _id: documentId(source.id, 1_234) } },
    source: {
      '@timestamp': '2026-11-20T21:00:00.123Z',
      event: { created: '2026-11-20T21:00:00.123Z', ingested: '2026-11-20T21:00:01.000Z', dataset: 'web_log' },
      data_stream: { type: 'logs', dataset: 'web_log', namespace: 'default' },
      host: { name: 'web-1', ip: '10.0.0.1' },
      labels: { team: 'shop', a_b: 'c' },
      tags: ['x', 'y'],
      log: { file: { path: '/var/log/web "a".log' }, offset: 1_234 },
      message: 'GET "/" \\ 200',
    },
  })
})

test('an epoch in front of the source id stands in front of the document id', async () => {
  const id = `-fghI${source.id}`
  const { items } = await write([own('x', 7, { ...source, id }), own('y', 8, source)])
  assert.deepEqual(
    items.map(({ action }) => action.create._id),
    [documentId(id, 7), documentId(source.id, 8)],
  )
})

test('dataset and namespace of the source decide the data stream', async () => {
  const {
    items: [item],
  } = await write([own('x', 0, { ...source, dataset: 'nginx.access', namespace: 'prod' })])
  assert.equal(item?.action.create._index, 'logs-nginx.access-prod')
  assert.deepEqual(item?.source['data_stream'], { type: 'logs', dataset: 'nginx.access', namespace: 'prod' })
})

test('any bytes and any offset give a document that parses to the decoded line', async () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.maxSafeNat()), { maxLength: 20 }),
      async (lines) => {
        const { items: list } = await write(lines.map(([line, offset]) => own(Buffer.from(line), offset)))
        assert.equal(list.length, lines.length)
        for (const [index, [line, offset]] of lines.entries()) {
          assert.equal(list[index]?.source['message'], decoder.decode(line))
          assert.equal(list[index]?.action.create._id, documentId(source.id, offset))
          assert.deepEqual(list[index]?.source['log'], { file: { path: source.path }, offset })
        }
      },
    ),
  )
})

test('records of other producers are indexed with topic, partition, offset and timestamp as id', async () => {
  const { items: list, written } = await write(
    [
      { value: Buffer.from('a'), timestampMs: readMs },
      { value: Buffer.from('b'), timestampMs: 0 },
    ],
    { topic: 'Other-Topic' },
  )
  assert.deepEqual(written, ['foreign', 'foreign'])
  assert.deepEqual(list[0], {
    action: { create: { _index: 'logs-other_topic-default', _id: `Other-Topic-3-0-${readMs}` } },
    source: {
      '@timestamp': '2026-11-20T21:00:00.123Z',
      event: { created: '2026-11-20T21:00:00.123Z', ingested: '2026-11-20T21:00:01.000Z', dataset: 'other_topic' },
      data_stream: { type: 'logs', dataset: 'other_topic', namespace: 'default' },
      message: 'a',
    },
  })
  assert.equal(list[1]?.source['@timestamp'], '1970-01-01T00:00:00.000Z')
  assert.equal(list[1]?.action.create._id, 'Other-Topic-3-1-0')
})

test('broken headers make a foreign record, never a broken document', async () => {
  const records = [
    own('no json', 1, {}),
    own('short id', 1, { ...source, id: 'AAA' }),
    own('id with a quote', 1, { ...source, id: 'AAAAAAAAAAAAAAA"' }),
    own('leading zero', '007'),
    own('negative', '-1'),
    own('not a number', '1e3'),
    own('too large', '9007199254740993'),
    own('empty offset', ''),
    { value: Buffer.from('no offset'), headers: [{ key: 'source', value: Buffer.from(JSON.stringify(source)) }] },
    { value: Buffer.from('text'), headers: [{ key: 'source', value: Buffer.from('[1') }] },
  ]
  const { items: list, written } = await write(records)
  assert.deepEqual(
    written,
    records.map(() => 'foreign'),
  )
  assert.equal(new Set(list.map(({ action }) => action.create._id)).size, records.length)
})

test('odd types in the source header are left out, the line is kept', async () => {
  const odd = { ...source, host: 5, ip: '', path: null, fields: ['x'], tags: [1, 'ok'], dataset: 7 }
  const {
    items: [item],
  } = await write([own('line', 8, odd)])
  assert.deepEqual(item?.source['log'], { offset: 8 })
  assert.deepEqual(item?.source['tags'], ['ok'])
  assert.equal('host' in (item?.source ?? {}), false)
  assert.equal(item?.action.create._index, 'logs-web_log-default')
})

test('tombstones are skipped, an empty line is not', async () => {
  const { items: list, written } = await write([{ value: null, key: Buffer.from('k') }, own('', 0)])
  assert.deepEqual(written, ['tombstone', 'own'])
  assert.equal(list[0]?.source['message'], '')
})

test('a timestamp that no date can hold is replaced by that of the bulk', async () => {
  const { items: list } = await write([
    { value: Buffer.from('x'), timestampMs: 4e15 },
    { value: Buffer.from('y'), timestampMs: -1 },
  ])
  assert.deepEqual(
    list.map(({ source: { '@timestamp': at } }) => at),
    ['2026-11-20T21:00:01.000Z', '2026-11-20T21:00:01.000Z'],
  )
})

test('a document that does not fit is refused whole, and an empty bulk grows for it', async () => {
  const bulk = new Bulk({ maxBytes: 4_096, maxItems: 10 }, 4_096)
  const documents = writer()
  const cursor = await cursorOf([own('small', 1), own(Buffer.alloc(100_000, 1), 2)])
  assert.ok(cursor.next())
  assert.equal(documents.write(cursor, bulk), 'own')
  const { byteLength } = bulk
  assert.ok(cursor.next())
  assert.equal(documents.write(cursor, bulk), 'full')
  assert.equal(bulk.byteLength, byteLength)
  const empty = new Bulk({ maxBytes: 4_096, maxItems: 10 }, 4_096)
  assert.equal(documents.write(cursor, empty), 'own')
  assert.equal(String(items(empty)[0]?.source['message']).length, 100_000)
})

test('the cache of source headers is bounded and forgets the longest unused first', () => {
  let made = 0
  const cache = new OriginCache(2, (header, topic) => {
    made++
    return parseOrigin(header, topic, defaults)
  })
  const headers = ['AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB', 'CCCCCCCCCCCCCCCC'].map((id) =>
    Buffer.from(JSON.stringify({ id })),
  )
  const [a, b, c] = headers as [Buffer, Buffer, Buffer]
  const find = (header: Buffer): void => {
    assert.ok(cache.find('t', header, 0, header.length)?.action.includes(JSON.parse(header.toString()).id))
  }
  for (const header of [a, b, a, c, a]) find(header)
  assert.equal(made, 3)
  find(b)
  assert.equal(made, 4)
  assert.equal(cache.size, 2)
  assert.ok(cache.find('other', a, 0, a.length)?.action.includes('logs-other-default'))
})

test('a replayed record keeps the id it had at first; a made-up one, or one of another topic, is not believed', async () => {
  const foreign = (id: string): PlainRecord => ({
    value: Buffer.from('x'),
    timestampMs: readMs,
    headers: [{ key: 'dlq.id', value: Buffer.from(id) }],
  })
  const kept = [`web_log-1-77-1600000000000`, `web_log-0-0--1`]
  const refused = ['', 'other-1-77-1600000000000', 'web_log-1-77', 'web_log-1-7"-1', `web_log-1-77-${'1'.repeat(300)}`]
  const ids = (await write([...kept, ...refused].map(foreign))).items.map(({ action }) => action.create._id)
  assert.deepEqual(ids.slice(0, 2), kept)
  assert.deepEqual(
    ids.slice(2),
    refused.map((_, index) => `web_log-3-${index + 2}-${readMs}`),
  )
})

test("the id of an agent's record is made of its own headers, whatever it brings along", async () => {
  const record = own('x', 5)
  const headers = [...(record.headers ?? []), { key: 'dlq.id', value: Buffer.from('web_log-1-77-1600000000000') }]
  const { items } = await write([{ ...record, headers }])
  assert.equal(items[0]?.action.create._id, documentId(source.id, 5))
})
