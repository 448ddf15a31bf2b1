import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { describeError, isLogpipeError } from '@logpipe/runtime'
import {
  basic,
  CertificateAuthority,
  closeAfter,
  HttpsGate,
  influxql,
  LogDir,
  makeCertificates,
  randomName,
  testInfluxdb,
  waitFor,
} from '@logpipe/testkit'
import { bulkOfBytes } from '../../test-bulk.ts'
import { InfluxdbClient } from './client.ts'
import { pingInfluxdb, setupInfluxdb } from './setup.ts'
import { InfluxdbSink } from './sink.ts'

const never = new AbortController().signal
const scope = { after }
const { ca, strangeCa, identity, expired } = await makeCertificates()
const influxdb = await testInfluxdb(scope)
const admitted = new Set([basic('u', 'p')])

function clientFor(url: string, trusted: string | undefined, password = 'p'): InfluxdbClient {
  const trust = trusted === undefined ? {} : { ca: trusted }
  const client = new InfluxdbClient({ url, username: 'u', password, ...trust, requestTimeoutMs: 10_000, inFlight: 1 })
  closeAfter(scope, () => client.close())
  return client
}

test('points go over TLS to a server whose certificate we trust', async (t) => {
  const { url } = await HttpsGate.start(t, influxdb, { identity, admitted })
  const database = randomName('tls')
  const client = clientFor(url, ca)
  await setupInfluxdb(client, { database }, never)
  closeAfter(t, async () => void (await influxql(influxdb, `DROP DATABASE "${database}"`)))
  const sink = new InfluxdbSink(client, { database, precision: 'ns' })
  assert.equal((await sink.write(bulkOfBytes([Buffer.from('m v=1 1\n')]), never)).accepted, 1)
  await assert.rejects(setupInfluxdb(clientFor(url, ca, 'wrong'), { database }, never), /401.*Check user name/)
})

test('a server that is not who it should be gets no password, and the reason is told', async (t) => {
  const gate = await HttpsGate.start(t, influxdb, { identity, admitted })
  const old = await HttpsGate.start(t, influxdb, { identity: expired, admitted })
  const asLocalhost = gate.url.replace('127.0.0.1', 'localhost')
  for (const [url, trusted, reason] of [
    [gate.url, undefined, /nobody we trust has signed; let `ca` name/],
    [gate.url, strangeCa, /nobody we trust has signed; let `ca` name/],
    [old.url, ca, /shows a certificate that has expired/],
    [asLocalhost, ca, /shows a certificate for another name/],
  ] as const) {
    await assert.rejects(setupInfluxdb(clientFor(url, trusted), { database: 'x' }, never), (error) => {
      assert.ok(isLogpipeError(error, 'influxdb_unavailable') && error.retriable)
      assert.match(describeError(error), reason)
      return true
    })
  }
  assert.deepEqual([gate.counts, old.counts], Array(2).fill({ admitted: 0, refused: 0 }))
})

test('a certificate to trust that was changed in its file counts from the next connection on, without a restart', async (t) => {
  const renewed = await CertificateAuthority.create('renewed')
  const gate = await HttpsGate.start(t, influxdb, { identity, admitted })
  const dir = LogDir.create(t)
  dir.append('ca.pem', ca)
  const client = clientFor(gate.url, dir.file('ca.pem'))
  await pingInfluxdb(client, t.signal)
  gate.renew(await renewed.issue({ commonName: 'server' }))
  const isRefused = (): Promise<boolean> =>
    pingInfluxdb(client, t.signal).then(
      () => false,
      (error: unknown) => /nobody we trust has signed/.test(describeError(error)),
    )
  await waitFor(isRefused, { what: 'the new certificate of the server to be refused', deadlineMs: 10_000 })
  dir.append('new.pem', renewed.ca)
  dir.rename('new.pem', 'ca.pem')
  await pingInfluxdb(client, t.signal)
})
