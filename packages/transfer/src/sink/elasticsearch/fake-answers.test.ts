import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { inspect } from 'node:util'
import { isLogpipeError } from '@logpipe/runtime'
import { bulkOf, logDocument } from '../../test-bulk.ts'
import { RetryingSink } from '../retrying.ts'
import type { Sink } from '../sink.ts'
import { SplittingSink } from '../splitting.ts'
import { ElasticsearchSink } from './bulk.ts'
import { ElasticsearchClient } from './client.ts'
import { type FakeAnswer, type FakeRequest, fakeElasticsearch } from './fake-server.ts'

const never = new AbortController().signal
const created = '{"create":{"status":201}}'

async function sinkFor(t: TestContext, answer: (request: FakeRequest) => FakeAnswer, timeoutMs = 5_000): Promise<Sink> {
  const node = await fakeElasticsearch(t, answer)
  const client = new ElasticsearchClient({ nodes: [node], requestTimeoutMs: timeoutMs })
  t.after(() => client.close())
  return new ElasticsearchSink(client)
}

function items(...results: string[]): FakeAnswer {
  return { status: 200, body: `{"errors":${results.some((item) => item !== created)},"items":[${results.join(',')}]}` }
}

function bulk(count: number): ReturnType<typeof bulkOf> {
  return bulkOf(Array.from({ length: count }, (_, n) => ({ index: 'x', id: String(n), source: logDocument(`m ${n}`) })))
}

test('429 of single items: these are to be sent again, the others are accepted', async (t) => {
  const full = '{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue full"}}}'
  const sink = await sinkFor(t, () => items(created, full, created, full))
  const outcome = await sink.write(bulk(4), never)
  assert.deepEqual(outcome, {
    accepted: 2,
    existing: 0,
    retry: [1, 3],
    retryReason: '429 es_rejected_execution_exception: queue full',
    rejected: [],
    isOverloaded: true,
  })
})

for (const [what, answer] of Object.entries<FakeAnswer>({
  'cut off': { ...items(created, created), cutAt: 30 },
  'short of an item': items(created),
  'one item too long': items(created, created, created),
  'without a status': items(created, '{"create":{}}'),
  'no JSON': { status: 200, body: '<html>' },
  empty: { status: 200, body: '' },
  'JSON of another kind': { status: 200, body: '[]' },
  'a 502 of a proxy': { status: 502, body: '<html>Bad gateway</html>' },
  'a 400 of a proxy': { status: 400, body: '<html>Bad request</html>' },
  'a refusal of our credentials': { status: 401, body: '{"error":{"type":"security_exception","reason":"no"}}' },
})) {
  test(`an answer that is ${what} means that nothing is known`, async (t) => {
    const sink = await sinkFor(t, () => answer)
    await assert.rejects(
      sink.write(bulk(2), never),
      (error) => isLogpipeError(error, 'elasticsearch_unavailable') && error.retriable,
    )
  })
}

test('429 and 503 of the whole request are overload', async (t) => {
  for (const status of [429, 503]) {
    const sink = await sinkFor(t, () => ({ status }))
    await assert.rejects(sink.write(bulk(1), never), (error) => isLogpipeError(error, 'elasticsearch_overloaded'))
  }
})

test('a server that does not answer is given up after the timeout', async (t) => {
  const sink = await sinkFor(t, () => ({ status: 200, hang: true }), 1_000)
  await assert.rejects(sink.write(bulk(1), never), (error) => isLogpipeError(error, 'deadline_exceeded'))
})

test('an abort ends a request that hangs', async (t) => {
  const sink = await sinkFor(t, () => ({ status: 200, hang: true }))
  const stop = new AbortController()
  const writing = sink.write(bulk(1), stop.signal)
  setTimeout(() => stop.abort(), 20)
  await assert.rejects(writing, (error) => isLogpipeError(error, 'aborted'))
})

test('a failed request with a large body costs no time, and its error keeps neither body nor credentials', async (t) => {
  const node = await fakeElasticsearch(t, () => ({ status: 200, hang: true }))
  const client = new ElasticsearchClient({ nodes: [node], username: 'u', password: 'secret', requestTimeoutMs: 1_000 })
  t.after(() => client.close())
  const large = bulkOf([{ index: 'x', id: '1', source: logDocument('m'.repeat(8_000_000)) }])
  const start = performance.now()
  await assert.rejects(new ElasticsearchSink(client).write(large, never), (error) => {
    assert.ok(isLogpipeError(error, 'deadline_exceeded'))
    assert.doesNotMatch(inspect(error, { depth: 10 }), /secret|dTpzZWNyZXQ|mmmm/)
    return true
  })
  // The client's own redaction took seconds for this, with the event loop stopped.
  assert.ok(performance.now() - start < 2_500, 'timeout and error together')
})

test('413 halves the bulk until each part fits; the document that is too large alone is rejected', async (t) => {
  const sizes: number[] = []
  const sink = await sinkFor(t, ({ body }) => {
    const lines = body.toString('utf8').trimEnd().split('\n').length / 2
    sizes.push(lines)
    return lines > 2 || body.includes('"m 5"') ? { status: 413 } : items(...Array<string>(lines).fill(created))
  })
  const outcome = await new SplittingSink(sink).write(bulk(8), never)
  assert.equal(outcome.accepted, 7)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [[5, 'request_too_large']],
  )
  assert.deepEqual(sizes, [8, 4, 2, 2, 4, 2, 1, 1, 2])
})

test('a request that Elasticsearch does not understand is halved down to the document at fault', async (t) => {
  const sink = await sinkFor(t, ({ body }) => {
    const lines = body.toString('utf8').trimEnd().split('\n').length / 2
    return body.includes('"m 2"')
      ? { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"Malformed action"}}' }
      : items(...Array<string>(lines).fill(created))
  })
  const outcome = await new SplittingSink(sink).write(bulk(4), never)
  assert.equal(outcome.accepted, 3)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [[2, 'request_refused']],
  )
})

test('the same bytes are sent again after errors, until an answer comes; an abort ends the wait', async (t) => {
  const bodies: string[] = []
  const sink = await sinkFor(t, ({ body }) => {
    bodies.push(body.toString('utf8'))
    if (bodies.length === 1) return { status: 503 }
    if (bodies.length === 2) return { ...items(created, created), cutAt: 10 }
    return items(created, created)
  })
  const failures: unknown[] = []
  const retrying = new RetryingSink(sink, {
    backoff: { baseMs: 1, maxMs: 2 },
    onTry: (_, __, error) => failures.push(error),
  })
  const sent = bulk(2)
  assert.equal((await retrying.write(sent, never)).accepted, 2)
  assert.equal(sent.attempts, 3)
  assert.equal(new Set(bodies).size, 1)
  assert.deepEqual(
    failures.map((error) => error === null),
    [false, false, true],
  )

  const down = new RetryingSink(await sinkFor(t, () => ({ status: 503 })), {
    backoff: { baseMs: 60_000, maxMs: 60_000 },
  })
  const stop = new AbortController()
  const writing = down.write(bulk(1), stop.signal)
  setTimeout(() => stop.abort(), 20)
  await assert.rejects(writing, (error) => isLogpipeError(error, 'aborted'))
})

test('with compression a bulk goes out packed and says so, a small request as it is', async (t) => {
  const requests: FakeRequest[] = []
  const node = await fakeElasticsearch(t, (request) => {
    requests.push(request)
    return items(...Array.from({ length: 100 }, () => created))
  })
  const client = new ElasticsearchClient({ nodes: [node], requestTimeoutMs: 5_000, compression: 'gzip' })
  t.after(() => client.close())
  const sent = bulk(100)
  await new ElasticsearchSink(client).write(sent, never)
  await client.request({ method: 'PUT', path: '/small', body: Buffer.from('{}') }, never)
  const [packed, small] = requests as [FakeRequest, FakeRequest]
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.ok(packed.body.length < sent.byteLength / 5)
  assert.deepEqual(gunzipSync(packed.body), sent.body.subarray(0, sent.byteLength))
  assert.equal(small.headers['content-encoding'], undefined)
  assert.equal(small.body.toString(), '{}')
})
