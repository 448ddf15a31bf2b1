import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId, Pipeline, type PipelineInput } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import fc from 'fast-check'
import { Pipelines } from '../pipeline/pipelines.ts'
import { Bulk } from '../sink/bulk.ts'
import { cursorOf, type Item, items, own, readMs, source, write, writer, type WriterOptions } from '../test-document.ts'

const json: PipelineInput = { processors: [{ json: {} }] }
const parsedSource = { ...source, pipeline: 'app' }

function withPipeline(pipeline: PipelineInput, more: WriterOptions = {}): WriterOptions {
  return { parsing: { pipelines: new Pipelines({ app: Pipeline.parse(pipeline) }), binary: 'deadLetter' }, ...more }
}

async function documentOf(line: string, from: object = parsedSource, options = withPipeline(json)): Promise<Item> {
  const { items } = await write([own(line, 1_234, from)], options)
  assert.equal(items.length, 1)
  return items[0] as Item
}

test('what a pipeline found stands beside what the record brought; message, id and the time of reading stay', async () => {
  const from = { ...parsedSource, fields: { team: 'shop' }, tags: ['x'] }
  const line = '{"http":{"response":{"status_code":200}},"user.name":"ä","@timestamp":"2026-11-20T20:59:59.5Z"}'
  assert.deepEqual(await documentOf(line, from), {
    action: { create: { _index: 'logs-web_log-default', _id: documentId(source.id, 1_234) } },
    source: {
      '@timestamp': '2026-11-20T20:59:59.500Z',
      event: { created: '2026-11-20T21:00:00.123Z', ingested: '2026-11-20T21:00:01.000Z', dataset: 'web_log' },
      data_stream: { type: 'logs', dataset: 'web_log', namespace: 'default' },
      host: { name: 'web-1', ip: '10.0.0.1' },
      labels: { team: 'shop' },
      tags: ['x'],
      log: { file: { path: source.path }, offset: 1_234 },
      http: { response: { status_code: 200 } },
      user: { name: 'ä' },
      message: line,
    },
  })
})

test('where both have a say they are merged: no field stands twice, ids and streams are ours', async () => {
  const from = { ...parsedSource, fields: { team: 'shop', zone: 'a' }, tags: ['x'] }
  const line = JSON.stringify({
    event: { action: 'login', dataset: 'other', created: 'never' },
    data_stream: { type: 'metrics' },
    log: { level: 'warn', offset: 9, file: { path: '/other', name: 'web.log' }, logger: 'a' },
    labels: { zone: 'b', rack: '7' },
    tags: ['y', 'x'],
    host: { os: 'linux' },
  })
  const { source: document } = await documentOf(line, from)
  assert.deepEqual(document, {
    '@timestamp': '2026-11-20T21:00:00.123Z',
    event: {
      created: '2026-11-20T21:00:00.123Z',
      ingested: '2026-11-20T21:00:01.000Z',
      dataset: 'web_log',
      action: 'login',
    },
    data_stream: { type: 'logs', dataset: 'web_log', namespace: 'default' },
    host: { name: 'web-1', ip: '10.0.0.1', os: 'linux' },
    labels: { team: 'shop', zone: 'b', rack: '7' },
    tags: ['x', 'y'],
    log: { file: { name: 'web.log', path: source.path }, offset: 1_234, level: 'warn', logger: 'a' },
    original: {
      event: { dataset: 'other', created: 'never' },
      data_stream: { type: 'metrics' },
      log: { offset: 9, file: { path: '/other' } },
    },
    message: line,
  })
})

test('a pipeline that names another host has the host to itself; who collected the line is the agent', async () => {
  const { source: document } = await documentOf('{"host":{"name":"db-1"}}')
  assert.deepEqual([document['host'], document['agent']], [{ name: 'db-1' }, { name: 'web-1' }])
  const same = await documentOf('{"host":{"name":"web-1"}}')
  assert.deepEqual([same.source['host'], same.source['agent']], [{ name: 'web-1', ip: '10.0.0.1' }, undefined])
})

test('a message that a pipeline sets replaces the line, which is kept as event.original', async () => {
  const line = '{"message":"it \\"works\\" ü"}'
  const { source: document } = await documentOf(line)
  assert.equal(document['message'], 'it "works" ü')
  assert.equal((document['event'] as Record<string, unknown>)['original'], line)
})

test('a line that cannot be parsed is indexed whole, with the reason and a tag', async () => {
  const { source: document } = await documentOf('no "json"')
  assert.equal(document['message'], 'no "json"')
  assert.deepEqual(document['error'], { message: 'json: the text is no JSON' })
  assert.deepEqual(document['tags'], ['_json_failure'])
})

test('lines that could not be parsed are told by pipeline and processor, each once', async () => {
  const told: string[] = []
  const options = withPipeline(json)
  const parsing = { ...options.parsing, onUnparsed: (...names: string[]) => void told.push(names.join(' ')) }
  const records = [
    own('x', 0, parsedSource),
    own('{}', 1, parsedSource),
    own('x', 2, { ...source, pipeline: 'none' }),
    own('x', 3),
  ]
  await write(records, { parsing: parsing as NonNullable<WriterOptions['parsing']> })
  assert.deepEqual(told, ['app json', 'none missing'])
})

test('a pipeline that nobody knows costs no line: it is indexed plain, tagged, and says so', async () => {
  const { source: document } = await documentOf('x', { ...source, pipeline: 'none' })
  assert.equal(document['message'], 'x')
  assert.deepEqual(document['tags'], ['_pipeline_missing'])
  assert.match(String((document['error'] as Record<string, unknown>)['message']), /'none' is not known/)
})

test('the pipeline of the route counts where the source names none, for foreign records too', async () => {
  const options = withPipeline(json, { defaults: { pipeline: 'app', dataset: 'shop' } })
  const { items, written } = await write(
    [own('{"a":1}', 0, source), own('{"a":2}', 1, { ...source, pipeline: 'none' }), foreign('{"a":3}')],
    options,
  )
  assert.deepEqual(written, ['own', 'own', 'foreign'])
  assert.deepEqual(
    items.map(({ source: document }) => document['a']),
    [1, undefined, 3],
  )
  assert.equal(items[2]?.action.create._index, 'logs-shop-default')
})

test('times of 1970 and 2100 are kept and tagged, of plain lines too', async () => {
  const future = Date.UTC(2100, 0, 1)
  const { items } = await write([
    { ...own('a', 0), timestampMs: 5 },
    { ...own('b', 1), timestampMs: future },
    own('c', 2),
  ])
  assert.deepEqual(
    items.map(({ source: document }) => [document['@timestamp'], document['tags']]),
    [
      ['1970-01-01T00:00:00.005Z', ['_time_in_past']],
      ['2100-01-01T00:00:00.000Z', ['_time_in_future']],
      ['2026-11-20T21:00:00.123Z', undefined],
    ],
  )
})

function foreign(value: string | Buffer): PlainRecord {
  return { value: Buffer.from(value), timestampMs: readMs }
}

test('a JSON object of another producer becomes fields; its time and message are taken, ids and streams are not', async () => {
  const value = {
    '@timestamp': '2026-11-20T20:00:00Z',
    message: 'hi',
    'a.b': [1, { c: 2 }],
    _id: 'x',
    data_stream: 'y',
  }
  const { items, written } = await write([foreign(` \n${JSON.stringify(value)}`), foreign('{"host":"web-9","n":1}')])
  assert.deepEqual(written, ['foreign', 'foreign'])
  const [first, second] = items as [Item, Item]
  assert.equal(first.action.create._id, `web_log-3-0-${readMs}`)
  assert.deepEqual(first.source, {
    '@timestamp': '2026-11-20T20:00:00.000Z',
    event: { created: '2026-11-20T21:00:00.123Z', ingested: '2026-11-20T21:00:01.000Z', dataset: 'web_log' },
    data_stream: { type: 'logs', dataset: 'web_log', namespace: 'default' },
    a: { b: [1, { c: 2 }] },
    original: { _id: 'x', data_stream: 'y' },
    message: 'hi',
  })
  assert.deepEqual(second.source['host'], { name: 'web-9' })
  assert.equal('message' in second.source, false)
})

test('lines that were read in the same moment have each their own time', async () => {
  const lines = ['{}', '{"@timestamp":"2026-11-20T20:00:00Z"}', '{"@timestamp":"2026-11-20T20:00:01Z"}']
  const { items } = await write(
    lines.map((line, index) => own(line, index, parsedSource)),
    withPipeline(json),
  )
  assert.deepEqual(
    items.map(({ source: document }) => document['@timestamp']),
    ['2026-11-20T21:00:00.123Z', '2026-11-20T20:00:00.000Z', '2026-11-20T20:00:01.000Z'],
  )
  assert.equal(new Set(items.map(({ source: { event } }) => (event as Record<string, unknown>)['created'])).size, 1)
})

test('a document that does not fit is refused whole, and an empty bulk grows for it', async () => {
  const options = withPipeline({ processors: [{ json: { keepOriginal: false } }] })
  const documents = writer(options)
  // Each of the three ways in which a document can grow beyond its line.
  const grown = { a: '\u0001'.repeat(5_000), message: 'ü\u0002'.repeat(5_000), host: { os: '€'.repeat(5_000) } }
  const cursor = await cursorOf([own('{}', 0, parsedSource), own(JSON.stringify(grown), 1, parsedSource)])
  const bulk = new Bulk({ maxBytes: 8_192, maxItems: 10 }, 8_192)
  bulk.ingestedMs = readMs
  assert.ok(cursor.next())
  assert.equal(documents.write(cursor, bulk), 'own')
  const { byteLength } = bulk
  assert.ok(cursor.next())
  assert.equal(documents.write(cursor, bulk), 'full')
  assert.equal(bulk.byteLength, byteLength)
  const empty = new Bulk({ maxBytes: 8_192, maxItems: 10 }, 8_192)
  empty.ingestedMs = readMs
  assert.equal(documents.write(cursor, empty), 'own')
  const document = items(empty)[0]?.source ?? {}
  assert.deepEqual([document['a'], document['message']], [grown.a, grown.message])
  assert.equal((document['host'] as Record<string, unknown>)['os'], grown.host.os)
})

test('what only looks like JSON is text, and JSON over the budget is kept whole beside what fits', async () => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`f${index}`, index])))
  const { items } = await write([foreign('{not json'), foreign('[1,2]'), foreign(many)])
  assert.deepEqual(
    items.map(({ source: document }) => document['message']),
    ['{not json', '[1,2]', many],
  )
  assert.equal(items[2]?.source['f499'], 499)
  assert.deepEqual(items[2]?.source['tags'], ['_budget_exceeded'])
})

test('binary records of other producers are refused with the reason, or kept as base64', async () => {
  const values = [Buffer.from([0xff, 0xfe]), Buffer.from('a\0b')]
  const { bulk, written } = await write(values.map(foreign))
  assert.deepEqual(written, ['foreign', 'foreign'])
  assert.equal(bulk.count, 2)
  assert.deepEqual(
    bulk.refused.map(({ item, type, stage }) => [item, type, stage]),
    [
      [0, 'binary', 'pipeline'],
      [1, 'binary', 'pipeline'],
    ],
  )
  const { items } = await write(values.map(foreign), { parsing: { pipelines: new Pipelines(), binary: 'base64' } })
  assert.deepEqual(
    items.map(({ source: document }) => [document['original'], document['tags'], document['message']]),
    values.map((value) => [{ base64: value.toString('base64') }, ['_binary'], undefined]),
  )
  const [line] = (await write([own(Buffer.from([0x61, 0xff]), 0)])).items
  assert.equal(line?.source['message'], 'a\ufffd', 'our own lines are replaced, not refused')
})

test('any JSON of our own or of another producer gives a document that Elasticsearch can read: no name twice', async () => {
  const name = fc.oneof(
    fc.string({ maxLength: 6, unit: 'binary' }),
    fc.constantFrom('host', 'log', 'event', 'labels', 'tags', 'message', 'data_stream', '@timestamp', 'file', 'name'),
    fc.constantFrom('__proto__', 'a.b', '.', '', 'log.file', 'error', 'agent', 'path', 'offset', 'toJSON'),
  )
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.string({ maxLength: 5, unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  })).value
  const object = fc.dictionary(name, value, { maxKeys: 6 })
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 5 }), async (objects) => {
      const texts = objects.map((each) => JSON.stringify(each))
      const records = texts.flatMap((text, index) => [own(text, index, parsedSource), foreign(text)])
      const { items, bulk } = await write(records, withPipeline(json))
      assert.equal(items.length, records.length)
      const lines = bulk.body.toString('utf8', 0, bulk.byteLength).split('\n')
      for (const [index, { source: document }] of items.entries()) {
        // A name that stood twice would be one in the parsed object, whose text is shorter then.
        assert.equal(JSON.stringify(document).length, (lines[index * 2 + 1] as string).length)
        assert.deepEqual(document['data_stream'], { type: 'logs', dataset: 'web_log', namespace: 'default' })
        if (index % 2 === 0) assert.equal((document['log'] as Record<string, unknown>)['offset'], index / 2)
      }
    }),
    { numRuns: 200 },
  )
})
