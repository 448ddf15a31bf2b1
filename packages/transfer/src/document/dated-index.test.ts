import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId, Pipeline } from '@logpipe/config'
import { Pipelines } from '../pipeline/pipelines.ts'
import { type Item, own, readMs, source, write, type WriterOptions } from '../test-document.ts'

const parsedSource = { ...source, pipeline: 'app' }
const options: WriterOptions = {
  parsing: { pipelines: new Pipelines({ app: Pipeline.parse({ processors: [{ json: {} }] }) }), binary: 'deadLetter' },
  defaults: { index: 'legacy-{yyyy.MM.dd}-{HH}' },
}

test('a dated index takes the place of the data stream, by the date of @timestamp', async () => {
  const { items } = await write(
    [own('x', 0, source), own('{"@timestamp":"1999-12-31T23:59:59Z"}', 1, parsedSource)],
    options,
  )
  assert.deepEqual(
    items.map(({ action }) => action.create._index),
    ['legacy-2026.11.20-21', 'legacy-1999.12.31-23'],
  )
  assert.equal('data_stream' in (items[0] as Item).source, false)
  assert.equal(items[0]?.action.create._id, documentId(source.id, 0))
})

test('a time of 1970 or 2100 makes no index of its own: the day of reading counts, or that of the bulk', async () => {
  const far = '{"@timestamp":"2100-01-01T00:00:00Z"}'
  const records = [
    own('{"@timestamp":"0001-01-01T00:00:00Z"}', 0, parsedSource),
    { ...own(far, 1, parsedSource), timestampMs: readMs - 3_600_000 },
    { ...own(far, 2, parsedSource), timestampMs: 5 },
    { ...own('plain', 3), timestampMs: -1 },
  ]
  const { items } = await write(records, options)
  assert.deepEqual(
    items.map(({ action }) => action.create._index),
    ['legacy-2026.11.20-21', 'legacy-2026.11.20-20', 'legacy-2026.11.20-21', 'legacy-2026.11.20-21'],
  )
  assert.deepEqual(items[1]?.source['tags'], ['_time_in_future'])
  assert.equal(items[1]?.source['@timestamp'], '2100-01-01T00:00:00.000Z')
})

test('an index may be named by topic, dataset and namespace as well, each as it would stand in the name of a data stream', async () => {
  const named = { ...source, dataset: 'Nginx.Access', namespace: 'prod' }
  // Braces are letters to Elasticsearch: what a source calls itself is never read as a part of the pattern.
  const odd = { ...source, dataset: '{yyyy}', namespace: 'a-b' }
  const defaults = { index: 'old-{namespace}-{dataset}-{topic}-{yyyy.MM}', dataset: 'of_route' }
  const records = [
    own('x', 0, named),
    own('x', 1),
    own('x', 2, odd),
    { value: Buffer.from('of others'), timestampMs: readMs },
  ]
  const { items } = await write(records, { topic: 'Web-log', defaults })
  assert.deepEqual(
    items.map(({ action }) => action.create._index),
    [
      'old-prod-nginx.access-web_log-2026.11',
      'old-default-of_route-web_log-2026.11',
      'old-a_b-{yyyy}-web_log-2026.11',
      'old-default-of_route-web_log-2026.11',
    ],
  )
})
