import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { closeAfter, freePort, randomName, startInfluxdb } from '@logpipe/testkit'
import { bulkOfBytes } from '../../test-bulk.ts'
import { InfluxdbClient } from './client.ts'
import { describeInfluxdbSetup, pingInfluxdb, setupInfluxdb } from './setup.ts'
import { InfluxdbSink } from './sink.ts'

const never = new AbortController().signal
const scope = { after }

/** A server that asks for user and password. */
const url = await startInfluxdb(scope, { auth: true })

function clientAs(username: string, password: string, address = url): InfluxdbClient {
  const client = new InfluxdbClient({ url: address, username, password, requestTimeoutMs: 20_000, inFlight: 1 })
  closeAfter(scope, () => client.close())
  return client
}

async function statement(client: InfluxdbClient, q: string): Promise<void> {
  const body = Buffer.from(new URLSearchParams({ q }).toString())
  const contentType = 'application/x-www-form-urlencoded'
  const { status } = await client.request({ method: 'POST', path: '/query', body, contentType }, never)
  assert.equal(status, 200, q)
}

const admin = clientAs('admin', 'pass-a')
const writer = clientAs('writer', 'pass-w')
await statement(admin, "CREATE USER admin WITH PASSWORD 'pass-a' WITH ALL PRIVILEGES")
await statement(admin, "CREATE USER writer WITH PASSWORD 'pass-w'")

test('the database is made where it is missing, and kept where it is there', async () => {
  const database = `${randomName('setup')} -.x`
  assert.equal((await setupInfluxdb(admin, { database }, never)).database, 'created')
  const again = await setupInfluxdb(admin, { database }, never)
  assert.equal(describeInfluxdbSetup(again), `The InfluxDB database ${database} is there already.`)
})

test('a user who may write only is enough, once the database is there', async () => {
  const database = randomName('setup')
  const refused = await setupInfluxdb(writer, { database }, never)
  assert.match(describeInfluxdbSetup(refused), /^Our user may not make the InfluxDB database/)
  const sink = new InfluxdbSink(writer, { database, precision: 'ns' })
  const bulk = bulkOfBytes([Buffer.from('m v=1 1\n')])
  await assert.rejects(sink.write(bulk, never), (error) => isLogpipeError(error, 'influxdb_unavailable'))
  await setupInfluxdb(admin, { database }, never)
  await statement(admin, `GRANT WRITE ON "${database}" TO writer`)
  assert.equal((await setupInfluxdb(writer, { database }, never)).database, 'kept')
  assert.equal((await sink.write(bulk, never)).accepted, 1)
})

test('a retention policy that is not there is named, with the statement that makes it', async () => {
  const settings = { database: randomName('setup'), retentionPolicy: 'short' }
  await assert.rejects(setupInfluxdb(admin, settings, never), (error) => {
    assert.ok(isLogpipeError(error, 'influxdb_rejected') && error.retriable)
    assert.match(error.message, /has no retention policy short\. Make it \(CREATE RETENTION POLICY "short" ON/)
    return true
  })
  await statement(admin, `CREATE RETENTION POLICY "short" ON "${settings.database}" DURATION 1h REPLICATION 1`)
  assert.equal((await setupInfluxdb(admin, settings, never)).database, 'kept')
})

test('a wrong password is told as such, and is no reason to give up', async () => {
  const stranger = clientAs('admin', 'wrong')
  assert.match(await pingInfluxdb(stranger, never), /^v?\d/)
  await assert.rejects(setupInfluxdb(stranger, { database: 'x' }, never), (error) => {
    assert.ok(isLogpipeError(error, 'influxdb_unavailable') && error.retriable)
    assert.match(error.message, /answered SHOW DATABASES with 401 .*Check user name and password/)
    return true
  })
  const bulk = bulkOfBytes([Buffer.from('m v=1 1\n')])
  const sink = new InfluxdbSink(stranger, { database: 'x', precision: 'ns' })
  await assert.rejects(sink.write(bulk, never), /refuses our credentials/)
})

test('a bucket is left to InfluxDB, and a server that is away is told with its address', async () => {
  assert.equal((await setupInfluxdb(admin, { bucket: 'b' }, never)).database, 'external')
  const address = `http://127.0.0.1:${await freePort()}`
  await assert.rejects(pingInfluxdb(clientAs('u', 's3cret', address), never), (error) => {
    assert.ok(isLogpipeError(error, 'influxdb_unavailable') && error.retriable)
    assert.ok(error.message.includes(address) && !error.message.includes('s3cret'))
    return true
  })
})
