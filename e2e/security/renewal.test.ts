import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Certificates, isLogpipeError } from '@logpipe/runtime'
import {
  type Certificates as TestCertificates,
  closeAfter,
  countDocuments,
  elasticsearch,
  fileScope,
  LogDir,
  makeCertificates,
  randomName,
  startAgent,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { SecuredServers } from './secured-servers.ts'

const [node = ''] = testServers().elasticsearchNodes
const suite = fileScope(after)
let ways: TestCertificates
let servers: SecuredServers

before(
  async () => {
    ways = await makeCertificates()
    servers = await SecuredServers.start(suite, node)
  },
  { timeout: 120_000 },
)

/** Puts a file with this text in the place of the one that is there, as those do who renew certificates. */
function replace(dir: LogDir, name: string, text: string): void {
  dir.append(`${name}.new`, text)
  dir.rename(`${name}.new`, name)
}

test('a certificate and its key are taken anew together; in between, and when they cannot be used, the last good ones stay, told once', (t) => {
  const dir = LogDir.create(t)
  const { client, strangeClient, ca } = ways
  replace(dir, 'cert.pem', client.cert)
  replace(dir, 'key.pem', client.key)
  replace(dir, 'ca.pem', ca)
  const told: string[] = []
  const log = { info: (message: string) => void told.push(message), warn: (message: string) => void told.push(message) }
  const given = { ca: dir.file('ca.pem'), cert: dir.file('cert.pem'), key: dir.file('key.pem') }
  const certificates = new Certificates(given, 'Kafka', log)
  const first = certificates.current()
  assert.deepEqual(first, { ca, cert: client.cert, key: client.key })
  assert.equal(certificates.current(), first)

  // The certificate is there before its key.
  replace(dir, 'cert.pem', strangeClient.cert)
  for (let i = 0; i < 3; i++) assert.equal(certificates.current(), first)
  dir.remove('key.pem')
  assert.equal(certificates.current(), first)
  dir.append('key.pem', strangeClient.key.slice(0, 100))
  assert.equal(certificates.current(), first)
  dir.append('key.pem', strangeClient.key.slice(100))
  assert.deepEqual(certificates.current(), { ca, cert: strangeClient.cert, key: strangeClient.key })
  const [broken, renewed, ...more] = told
  assert.match(broken ?? '', /cannot be used; those from before go on/)
  assert.match(renewed ?? '', /new connections use them/)
  assert.deepEqual(more, [])
})

test('a file that is away keeps the last one until it is there again; text counts as it is; nothing good at the start is a fault', (t) => {
  const dir = LogDir.create(t)
  dir.append('ca.pem', ways.ca)
  const certificates = new Certificates({ ca: dir.file('ca.pem') }, 'etcd')
  const first = certificates.current()
  replace(dir, 'ca.pem', ways.strangeCa)
  dir.rename('ca.pem', 'away.pem')
  assert.equal(certificates.current(), first)
  dir.rename('away.pem', 'ca.pem')
  assert.deepEqual(certificates.current(), { ca: ways.strangeCa })
  assert.deepEqual(new Certificates({ ca: ways.ca }, 'etcd').current(), { ca: ways.ca })
  assert.throws(
    () => new Certificates({ ca: dir.file('none.pem') }, 'etcd'),
    (error) => isLogpipeError(error, 'settings_invalid'),
  )
})

test(
  'agent and transfer come in at every server with certificates that were renewed in their files, without a restart',
  { timeout: 90_000 },
  async (t) => {
    const topic = randomName('renewal')
    closeAfter(
      t,
      async () => void (await elasticsearch(node, 'DELETE', `/logs-${topic}-default?ignore_unavailable=true`)),
    )
    const dir = LogDir.create(t)
    const files = { ca: dir.file('ca.pem'), cert: dir.file('cert.pem'), key: dir.file('key.pem') }
    dir.append('ca.pem', ways.ca)
    dir.append('cert.pem', ways.expiredClient.cert)
    dir.append('key.pem', ways.expiredClient.key)
    dir.appendLines('app.log', ['first'])
    const tls = { tls: files }
    const { kafka, etcd } = servers.agentSettings()
    const agent = await startAgent(
      t,
      {
        kafka: { ...kafka, brokers: [servers.kafka.tls], ...tls, sasl: undefined },
        etcd: { ...(etcd as object), ...tls },
        entries: [{ path: dir.file('*.log'), topic }],
      },
      { readyMs: 0 },
    )
    const wanted = servers.transferSettings(topic)
    const transfer = await startTransfer(
      t,
      {
        kafka: { ...(wanted['kafka'] as object), ...tls },
        etcd: { ...(wanted['etcd'] as object), ...tls },
        elasticsearch: { ...(wanted['elasticsearch'] as object), ca: files.ca },
      },
      { readyMs: 0 },
    )
    for (const daemon of [agent, transfer]) {
      const says = (): boolean => /nobody we trust has signed/.test(daemon.output)
      await waitFor(says, { what: `${daemon.name} to say what is wrong`, deadlineMs: 20_000 })
      assert.equal((await daemon.get('/readyz')).status, 503)
    }

    const good = servers.texts
    replace(dir, 'ca.pem', good.ca)
    replace(dir, 'cert.pem', good.client.cert)
    replace(dir, 'key.pem', good.client.key)
    await Promise.all([agent.ready(30_000), transfer.ready(30_000)])
    const stream = `logs-${topic}-default`
    const found = async (count: number): Promise<boolean> => (await countDocuments(node, stream)) === count
    await waitFor(() => found(1), { what: 'the first line', deadlineMs: 30_000, everyMs: 250 })

    // Half written: what stands goes on, and it is told.
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) dir.truncate(name, 60)
    dir.appendLines('app.log', ['second'])
    await waitFor(() => found(2), { what: 'the second line', deadlineMs: 30_000, everyMs: 250 })
    const warns = (): boolean => /Certificates were changed and cannot be used/.test(transfer.output)
    await waitFor(warns, { what: 'the transfer to say that it keeps those from before', deadlineMs: 10_000 })
    for (const daemon of [agent, transfer]) assert.equal(await daemon.stop(), 0)
  },
)
