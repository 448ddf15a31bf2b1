import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { closeAfter, influxql, randomName, testInfluxdb } from '@logpipe/testkit'
import { bulkOfBytes } from '../../test-bulk.ts'
import { testSink } from '../sink.conformance.ts'
import { SplittingSink } from '../splitting.ts'
import { InfluxdbClient } from './client.ts'
import { setupInfluxdb } from './setup.ts'
import { InfluxdbSink, type InfluxdbTarget } from './sink.ts'

const never = new AbortController().signal
const url = await testInfluxdb({ after })
const client = new InfluxdbClient({ url, requestTimeoutMs: 20_000, inFlight: 2 })
after(() => client.close())

/** A sink into a database of this test alone. */
async function testDatabase(t: { after(close: () => Promise<unknown>): void }): Promise<{
  sink: SplittingSink
  database: string
}> {
  const database = randomName('sink')
  await setupInfluxdb(client, { database }, never)
  t.after(() => influxql(url, `DROP DATABASE "${database}"`))
  return { sink: sinkInto({ database }), database }
}

function sinkInto(target: Partial<InfluxdbTarget>): SplittingSink {
  return new SplittingSink(new InfluxdbSink(client, { precision: 'ns', ...target }))
}

function bulk(...lines: string[]): ReturnType<typeof bulkOfBytes> {
  return bulkOfBytes(lines.map((line) => Buffer.from(line === '' ? '' : `${line}\n`)))
}

/** Points that the server has in this database. */
async function pointsIn(database: string): Promise<number> {
  const [row] = await influxql(url, 'SELECT count(v) FROM m', database)
  return Number(row?.['count'] ?? 0)
}

testSink('influxdb', async (t) => {
  const { sink, database } = await testDatabase(t)
  return {
    sink,
    item: (id, message) => Buffer.from(`log,id=${id} message="${message}" 1700000000000000000\n`),
    refused: (id) => Buffer.from(`log,id=${id} message=1i 1700000000000000000\n`),
    refusalType: 'field_type_conflict',
    tellsExisting: false,
    messages: async () =>
      (await influxql(url, 'SELECT message FROM log', database)).map(({ message }) => String(message)).sort(),
  }
})

test('records that are refused one and all are known by one request', async (t) => {
  const { database } = await testDatabase(t)
  // Nothing behind it that would halve.
  const sink = new InfluxdbSink(client, { database, precision: 'ns' })
  await sink.write(bulk('m v=1i 1'), never)
  const many = Array.from({ length: 100 }, (_, index) => `m v="${index}" ${index}\nm,t=x v="" ${index}`)
  const outcome = await sink.write(bulk(...many, ''), never)
  assert.equal(outcome.accepted, 1)
  assert.deepEqual(
    outcome.rejected.map(({ item }) => item),
    many.map((_, index) => index),
  )
  assert.match(outcome.rejected[0]?.reason ?? '', /input field "v" on measurement "m" is type string, already exists/)
})

test('points whose field has the wrong type are told from the others by a few requests, whatever their order', async (t) => {
  const { database } = await testDatabase(t)
  let requests = 0
  class CountingClient extends InfluxdbClient {
    override request(...args: Parameters<InfluxdbClient['request']>): ReturnType<InfluxdbClient['request']> {
      requests++
      return super.request(...args)
    }
  }
  const counting = new CountingClient({ url, requestTimeoutMs: 20_000, inFlight: 1 })
  closeAfter(t, () => counting.close())
  const sink = new SplittingSink(new InfluxdbSink(counting, { database, precision: 'ns' }))
  await sink.write(bulk('a\\ b,t=1 v\\ 1=1i,v=1i 1', 'm v=1.5 1'), never)
  requests = 0
  const lines = Array.from({ length: 400 }, (_, i) => {
    if (i % 4 === 0) return `a\\ b v\\ 1=${i}.5 ${i}`
    if (i % 4 === 1) return `m v=${i}i ${i}`
    return `a\\ b v\\ 1=${i}i,w=1.5 ${i}\nm v=2 ${i}`
  })
  const outcome = await sink.write(bulk(...lines), never)
  assert.equal(outcome.accepted, 200)
  assert.deepEqual(
    outcome.rejected.map(({ item }) => item),
    lines.flatMap((_, i) => (i % 4 < 2 ? [i] : [])),
  )
  assert.ok(requests <= 5, `${requests} requests`)
})

test('refused points among others are found, whatever the server says of them', async (t) => {
  const { sink, database } = await testDatabase(t)
  await sink.write(bulk('m v=1i 1'), never)
  const good = Array.from({ length: 30 }, (_, index) => `m v=${index}i ${index + 1}`)
  const lines = [...good]
  lines.splice(25, 0, 'm v=1i 99999999999999999999')
  lines.splice(11, 0, 'm,time=x v=1i 1')
  lines.splice(3, 0, 'm v="text" 1', 'm v=2.5 2')
  const outcome = await sink.write(bulk(...lines), never)
  assert.equal(outcome.accepted, 30)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [
      [3, 'field_type_conflict'],
      [4, 'field_type_conflict'],
      [13, 'name_invalid'],
      [28, 'point_unparsable'],
    ],
  )
  assert.equal(await pointsIn(database), 30)
})

test('an answer that repeats a huge or odd line in a header is read all the same', async (t) => {
  const { sink } = await testDatabase(t)
  const huge = `m v="${'é'.repeat(500_000)}",n=1u 1`
  const odd = 'm v="\u0000\u0001\u007f\t\r",n=1u 1'
  const outcome = await sink.write(bulk('m n=1 1', huge, odd, 'm n=2 2'), never)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [
      [1, 'point_unparsable'],
      [2, 'point_unparsable'],
    ],
  )
  assert.ok((outcome.rejected[0]?.reason ?? '').length <= 1_000)
})

test('points older than the retention policy keeps are refused with that reason', async (t) => {
  const { database } = await testDatabase(t)
  await influxql(url, `CREATE RETENTION POLICY short ON "${database}" DURATION 1h REPLICATION 1`)
  const sink = sinkInto({ database, retentionPolicy: 'short', precision: 'ms' })
  const outcome = await sink.write(bulk(`m v=1 ${Date.now()}`, 'm v=1 1700000000000'), never)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [[1, 'beyond_retention_policy']],
  )
})

test('a record that is larger than the server takes is rejected alone', async (t) => {
  const { sink, database } = await testDatabase(t)
  const large = `m,t=large v="${'x'.repeat(26_000_000)}" 1`
  const outcome = await sink.write(bulk('m v="a" 1', large, 'm v="b" 2'), never)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [[1, 'request_too_large']],
  )
  assert.equal(await pointsIn(database), 2)
})

test('a database that is not there is waited for, with what to do', async () => {
  await assert.rejects(sinkInto({ database: randomName('missing') }).write(bulk('m v=1'), never), (error) => {
    assert.ok(isLogpipeError(error, 'influxdb_unavailable') && error.retriable)
    assert.match(error.message, /^InfluxDB has no database missing_\w+ \(404, .*Make it; logtransfer setup makes/)
    return true
  })
})
