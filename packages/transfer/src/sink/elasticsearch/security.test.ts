import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { describeError, isLogpipeError } from '@logpipe/runtime'
import {
  apiKey,
  basic,
  CertificateAuthority,
  type Certificates,
  closeAfter,
  elasticsearch,
  fileScope,
  HttpsGate,
  LogDir,
  makeCertificates,
  randomName,
  type Scope,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { bulkOf, logDocument } from '../../test-bulk.ts'
import { ElasticsearchSink } from './bulk.ts'
import { ElasticsearchClient, type ElasticsearchOptions } from './client.ts'
import { ping } from './setup.ts'

const [node = ''] = testServers().elasticsearchNodes
const secret = 'n0t-to-be-seen'
const user = { username: 'alice', password: secret }
const deadlineMs = 8_000

const suite = fileScope(after)
let ways: Certificates
let gate: HttpsGate
let expiredGate: HttpsGate

before(async () => {
  ways = await makeCertificates()
  const admitted = new Set([basic('alice', secret), apiKey(secret)])
  gate = await HttpsGate.start(suite, node, { identity: ways.identity, admitted })
  expiredGate = await HttpsGate.start(suite, node, { identity: ways.expired, admitted })
})

function clientFor(scope: Scope, options: Omit<ElasticsearchOptions, 'requestTimeoutMs'>): ElasticsearchClient {
  const client = new ElasticsearchClient({ requestTimeoutMs: deadlineMs, ...options })
  closeAfter(scope, () => client.close())
  return client
}

test('documents are written over TLS with user name and password, and with an API key', async (t) => {
  for (const account of [user, { apiKey: secret }]) {
    const sink = new ElasticsearchSink(clientFor(t, { nodes: [gate.url], ca: ways.ca, ...account }))
    const index = randomName('secure')
    closeAfter(t, async () => void (await elasticsearch(node, 'DELETE', `/${index}`)))
    const before = gate.counts.refused
    const outcome = await sink.write(bulkOf([{ index, id: 'a', source: logDocument('secret line') }]), t.signal)
    assert.deepEqual([outcome.retry, outcome.rejected], [[], []])
    assert.equal(gate.counts.refused, before, 'no request went without credentials first')
  }
})

interface Refusal {
  name: string
  options: () => Omit<ElasticsearchOptions, 'requestTimeoutMs'>
  says: RegExp
}

const refusals: Refusal[] = [
  {
    name: 'a wrong password',
    options: () => ({ nodes: [gate.url], ca: ways.ca, ...user, password: `${secret}!` }),
    says: /401 .*unable to authenticate.*Check user name, password or API key/,
  },
  {
    name: 'a wrong API key',
    options: () => ({ nodes: [gate.url], ca: ways.ca, apiKey: `${secret}!` }),
    says: /401 .*Check user name, password or API key/,
  },
  {
    name: 'no account',
    options: () => ({ nodes: [gate.url], ca: ways.ca }),
    says: /401 .*missing authentication credentials/,
  },
  {
    name: 'an authority that we do not know',
    options: () => ({ nodes: [gate.url], ca: ways.strangeCa, ...user }),
    says: /nobody we trust has signed; let `ca` name/,
  },
  {
    name: 'no authority',
    options: () => ({ nodes: [gate.url], ...user }),
    says: /nobody we trust has signed; let `ca` name/,
  },
  {
    name: 'a certificate that has expired',
    options: () => ({ nodes: [expiredGate.url], ca: ways.ca, ...user }),
    says: /shows a certificate that has expired/,
  },
  {
    name: 'a certificate for another host',
    options: () => ({ nodes: [gate.url.replace('127.0.0.1', 'localhost')], ca: ways.ca, ...user }),
    says: /shows a certificate for another name/,
  },
  {
    name: 'no TLS on a TLS port',
    options: () => ({ nodes: [gate.url.replace('https:', 'http:')], ...user }),
    says: /hung up; if it speaks TLS on this port, write `https:\/\/`/,
  },
  {
    name: 'TLS on a port without it',
    options: () => ({ nodes: [node.replace('http:', 'https:')], ca: ways.ca, ...user }),
    says: /does not speak TLS on this port/,
  },
]

test('what is wrong with an account or a certificate is told in time, to be tried again, and never with the password', async (t) => {
  for (const { name, options, says } of refusals) {
    const client = clientFor(t, options())
    const bulk = bulkOf([{ index: 'logs-x-default', id: 'a', source: logDocument('x') }])
    const calls: [call: string, send: () => Promise<unknown>][] = [
      ['ping', () => ping(client, AbortSignal.timeout(deadlineMs))],
      ['bulk', () => new ElasticsearchSink(client).write(bulk, AbortSignal.timeout(deadlineMs))],
    ]
    for (const [call, send] of calls) {
      const error: unknown = await send().then(
        () => assert.fail(`${name}, ${call}: it let us in`),
        (reason: unknown) => reason,
      )
      assert.ok(isLogpipeError(error, 'elasticsearch_unavailable'), `${name}, ${call}: ${inspect(error)}`)
      assert.equal(error.retriable, true)
      if (call === 'ping') assert.match(describeError(error), says, name)
      const told = inspect(error, { depth: 20, showHidden: true })
      const hidden = [secret, Buffer.from(`alice:${secret}`).toString('base64')]
      assert.ok(!hidden.some((each) => told.includes(each)), `${name}: tells the password`)
    }
  }
})

test('a certificate to trust that is none is refused before anything is asked', () => {
  assert.throws(
    () => new ElasticsearchClient({ nodes: [gate.url], ca: 'x', requestTimeoutMs: 1_000 }),
    (error) => isLogpipeError(error, 'settings_invalid'),
  )
})

test('a certificate to trust that was changed in its file counts from the next connection on, without a restart', async (t) => {
  const renewed = await CertificateAuthority.create('renewed')
  const identity = await renewed.issue({ commonName: 'server' })
  const admitted = new Set([basic('alice', secret)])
  const own = await HttpsGate.start(t, node, { identity: ways.identity, admitted })
  const dir = LogDir.create(t)
  dir.append('ca.pem', ways.ca)
  const client = clientFor(t, { nodes: [own.url], ca: dir.file('ca.pem'), ...user })
  await ping(client, t.signal)
  own.renew(identity)
  const isRefused = (): Promise<boolean> =>
    ping(client, t.signal).then(
      () => false,
      (error: unknown) => /nobody we trust has signed/.test(describeError(error)),
    )
  await waitFor(isRefused, { what: 'the new certificate of the server to be refused', deadlineMs: 10_000 })
  dir.append('new.pem', renewed.ca)
  dir.rename('new.pem', 'ca.pem')
  await ping(client, t.signal)
})
