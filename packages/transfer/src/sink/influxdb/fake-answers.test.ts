import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { isLogpipeError } from '@logpipe/runtime'
import { bulkOfBytes } from '../../test-bulk.ts'
import { type FakeAnswer, type FakeRequest, fakeElasticsearch as fakeServer } from '../elasticsearch/fake-server.ts'
import type { Sink } from '../sink.ts'
import { SplittingSink } from '../splitting.ts'
import { InfluxdbClient } from './client.ts'
import { InfluxdbSink, type InfluxdbTarget } from './sink.ts'

// A stand-in: what InfluxDB 2.x and proxies answer; Debian's server is 1.6 and cannot be made to.

const never = new AbortController().signal
const bucket = { bucket: 'metrics', org: 'ops', precision: 'ms' } as const

async function sinkFor(
  t: TestContext,
  answer: (request: FakeRequest) => FakeAnswer,
  target: InfluxdbTarget = bucket,
  requestTimeoutMs = 5_000,
): Promise<Sink> {
  const url = await fakeServer(t, answer)
  const client = new InfluxdbClient({ url, token: 's3cret', requestTimeoutMs, inFlight: 2 })
  t.after(() => client.close())
  return new SplittingSink(new InfluxdbSink(client, target))
}

function bulk(count: number): ReturnType<typeof bulkOfBytes> {
  return bulkOfBytes(Array.from({ length: count }, (_, i) => Buffer.from(`m v=${i}i ${i}\n`)))
}

const accepted: FakeAnswer = { status: 204, body: '' }

function error(status: number, message: string, headers: Record<string, string> = {}): FakeAnswer {
  return { status, body: JSON.stringify({ code: 'invalid', message }), headers }
}

test('a bucket is written to by the 2.x API, with organisation, unit and token', async (t) => {
  const requests: FakeRequest[] = []
  const sink = await sinkFor(t, (request) => {
    requests.push(request)
    return accepted
  })
  assert.equal((await sink.write(bulk(2), never)).accepted, 2)
  const [request] = requests
  assert.equal(request?.path, '/api/v2/write?bucket=metrics&precision=ms&org=ops')
  assert.equal(request?.body.toString(), 'm v=0i 0\nm v=1i 1\n')
  assert.equal(request?.headers.authorization, 'Token s3cret')
})

test('a partial write of 2.x is looked through until the points at fault stand alone', async (t) => {
  const sink = await sinkFor(t, ({ body }) =>
    body.includes('v=3i')
      ? error(400, 'failure writing points to database: partial write: dropped 1 points')
      : accepted,
  )
  const outcome = await sink.write(bulk(7), never)
  assert.equal(outcome.accepted, 6)
  assert.deepEqual(outcome.rejected, [
    {
      item: 3,
      type: 'point_refused',
      reason: 'failure writing points to database: partial write: dropped 1 points',
    },
  ])
})

test('a partial write as 2.7 tells it, by 422, is looked through in the same way', async (t) => {
  const said = (dropped: number): string =>
    'failure writing points to database: partial write: field type conflict: input field "v" on measurement "m" is ' +
    `type integer, already exists as type float dropped=${dropped}`
  const sink = await sinkFor(t, ({ body }) => (body.includes('v=3i') ? error(422, said(1)) : accepted))
  const outcome = await sink.write(bulk(7), never)
  assert.equal(outcome.accepted, 6)
  assert.deepEqual(outcome.rejected, [{ item: 3, type: 'field_type_conflict', reason: said(1) }])
})

test('while the server asks to be left alone, nothing is sent', async (t) => {
  const times: number[] = []
  const sink = await sinkFor(t, () => {
    times.push(performance.now())
    return times.length === 1 ? error(429, 'limit reached', { 'retry-after': '1' }) : accepted
  })
  await assert.rejects(sink.write(bulk(1), never), (reason) => isLogpipeError(reason, 'influxdb_overloaded'))
  const stop = new AbortController()
  const aborted = sink.write(bulk(1), stop.signal)
  stop.abort()
  await assert.rejects(aborted, (reason) => isLogpipeError(reason, 'aborted'))
  await sink.write(bulk(1), never)
  assert.equal(times.length, 2)
  assert.ok((times[1] as number) - (times[0] as number) >= 950, 'a second has passed')
})

for (const [what, answer, code, sentence] of [
  ['503', error(503, 'busy'), 'influxdb_overloaded', /overloaded or not ready \(503, busy\)/],
  ['500', error(500, 'engine: closed'), 'influxdb_unavailable', /answered with 500, engine: closed/],
  [
    '401',
    error(401, 'unauthorized'),
    'influxdb_unavailable',
    /refuses our credentials.*Check user name and password, or/,
  ],
  ['403', error(403, 'no'), 'influxdb_unavailable', /lack the right to write into bucket metrics/],
  ['404', error(404, 'bucket "metrics" not found'), 'influxdb_unavailable', /InfluxDB has no bucket metrics/],
  [
    'a server before 1.8',
    { status: 404, body: '404 page not found\n' },
    'influxdb_unavailable',
    /a bucket needs InfluxDB 1\.8/,
  ],
  [
    'a 400 for the request',
    error(400, 'Please provide either orgID or org'),
    'influxdb_unavailable',
    /provide either orgID/,
  ],
  ['a 400 of a proxy', { status: 400, body: '<html>' }, 'influxdb_unavailable', /answered with 400/],
  ['a page instead of 204', { status: 200, body: '<html>' }, 'influxdb_unavailable', /answered with 200/],
  ['an answer cut off', { ...error(400, 'x'.repeat(99)), cutAt: 20 }, 'influxdb_unavailable', /no proper answer/],
] as const) {
  test(`${what} means that nothing is known, and says so`, async (t) => {
    const sink = await sinkFor(t, () => answer)
    await assert.rejects(sink.write(bulk(3), never), (reason) => {
      assert.ok(isLogpipeError(reason, code) && reason.retriable)
      assert.match(reason.message, sentence)
      return true
    })
  })
}

test('a server that does not answer is given up after the deadline, and the error keeps no secret', async (t) => {
  const sink = await sinkFor(t, () => ({ status: 204, hang: true }), bucket, 1_000)
  await assert.rejects(sink.write(bulk(1), never), (reason) => {
    assert.ok(isLogpipeError(reason, 'influxdb_unavailable'))
    assert.match(reason.message, /gave no proper answer within 1000 ms/)
    assert.doesNotMatch(inspect(reason, { depth: 10 }), /s3cret|m v=/)
    return true
  })
})

test('an abort ends a request that hangs', async (t) => {
  const asked = Promise.withResolvers<void>()
  const sink = await sinkFor(t, () => {
    asked.resolve()
    return { status: 204, hang: true }
  })
  const stop = new AbortController()
  const writing = sink.write(bulk(1), stop.signal)
  await asked.promise
  stop.abort()
  await assert.rejects(writing, (reason) => isLogpipeError(reason, 'aborted'))
})
