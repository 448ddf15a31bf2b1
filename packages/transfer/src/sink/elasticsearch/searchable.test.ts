import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { elasticsearch, randomName, testServers, waitFor } from '@logpipe/testkit'
import { bulkOf, logDocument } from '../../test-bulk.ts'
import type { Bulk } from '../bulk.ts'
import { ElasticsearchSink } from './bulk.ts'
import { ElasticsearchClient } from './client.ts'
import { fakeElasticsearch } from './fake-server.ts'
import { SearchableSink } from './searchable.ts'

const never = new AbortController().signal
const node = (): string => testServers().elasticsearchNodes[0] as string

interface Told {
  found: number[]
  forbidden: number[]
}

function searchable(t: TestContext, url: string, clock?: { now: () => number; monotonic: () => number }) {
  const client = new ElasticsearchClient({ nodes: [url], requestTimeoutMs: 30_000 })
  const told: Told = { found: [], forbidden: [] }
  const sink = new SearchableSink(new ElasticsearchSink(client), client, {
    onFound: (seconds) => void told.found.push(seconds),
    onForbidden: (status) => void told.forbidden.push(status),
    ...(clock && { clock: { ...clock } }),
  })
  t.after(() => sink.close())
  return { sink, told }
}

/** A bulk of one line that was read so long ago. */
function bulkReadAgo(index: string, id: string, ms: number): Bulk {
  const bulk = bulkOf([{ index, id, source: logDocument('a line') }])
  const [run] = bulk.runs
  if (run !== undefined) run.segment.firstTimestampMs = Date.now() - ms
  return bulk
}

test('the time is that from the reading of the line until a search finds it, and not before a refresh', async (t) => {
  const index = randomName('searchable')
  await elasticsearch(node(), 'PUT', `/${index}`, { settings: { refresh_interval: '-1', number_of_replicas: 0 } })
  t.after(() => elasticsearch(node(), 'DELETE', `/${index}`))
  const { sink, told } = searchable(t, node())
  const outcome = await sink.write(bulkReadAgo(index, 'a', 5_000), never)
  assert.equal(outcome.accepted, 1)
  // Another one while the first is followed is none of its business.
  await sink.write(bulkReadAgo(index, 'b', 500_000), never)
  assert.deepEqual(told.found, [])
  await elasticsearch(node(), 'POST', `/${index}/_refresh`)
  await waitFor(() => told.found.length > 0, { what: 'the document to be found' })
  assert.equal(told.found.length, 1)
  assert.ok((told.found[0] ?? 0) >= 5 && (told.found[0] ?? 0) < 30, `${told.found[0]} s`)
  assert.deepEqual(told.forbidden, [])
})

test('who may write only is told so once, and writes on', async (t) => {
  let searches = 0
  const url = await fakeElasticsearch(t, ({ path }) => {
    if (!path.includes('_search')) return { status: 200, body: '{"errors":false,"items":[{"create":{"status":201}}]}' }
    searches++
    return { status: 403, body: '{"error":{"type":"security_exception","reason":"no"}}' }
  })
  const { sink, told } = searchable(t, url)
  await sink.write(bulkReadAgo('logs', 'a', 0), never)
  await waitFor(() => told.forbidden.length > 0, { what: 'the refusal' })
  for (const id of ['b', 'c']) assert.equal((await sink.write(bulkReadAgo('logs', id, 0), never)).accepted, 1)
  assert.equal(searches, 1)
  assert.deepEqual(told, { found: [], forbidden: [403] })
})

test('a line without a time is no measure, and the next one with a time is', async (t) => {
  const url = await fakeElasticsearch(t, ({ path }) => ({
    status: 200,
    body: path.includes('_search')
      ? '{"hits":{"total":{"value":1}}}'
      : '{"errors":false,"items":[{"create":{"status":201}}]}',
  }))
  const { sink, told } = searchable(t, url)
  await sink.write(bulkOf([{ index: 'logs', id: 'a', source: logDocument('without') }]), never)
  await sink.write(bulkReadAgo('logs', 'b', 5_000), never)
  await waitFor(() => told.found.length > 0, { what: 'the document to be found', deadlineMs: 5_000 })
  assert.ok((told.found[0] ?? 0) >= 5)
})
