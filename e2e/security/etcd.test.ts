import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { askAgents, type ConfigStore, type EtcdOptions, keysOf, type Leases, openEtcdStore } from '@logpipe/config'
import { describeError, isLogpipeError } from '@logpipe/runtime'
import {
  closeAfter,
  fileScope,
  type SecureEtcd,
  startSecureEtcd,
  testServers,
  waitFor,
  type Certificates,
  makeCertificates,
  serverName,
} from '@logpipe/testkit'

const secret = 'n0t-to-be-seen'
const prefix = '/secure'
const deadlineMs = 8_000

const suite = fileScope(after)
let etcd: SecureEtcd
let ways: Certificates

const alice = { username: 'alice', password: secret }

/** How one comes that etcd lets in. */
function right(): EtcdOptions & { endpoints: string[]; tls: NonNullable<EtcdOptions['tls']> } {
  const { ca, client } = ways
  return { endpoints: [etcd.endpoint], ...alice, tls: { ca, cert: client.cert, key: client.key } }
}

before(
  async () => {
    ways = await makeCertificates()
    const accounts = [
      { name: 'alice', password: secret },
      { name: 'bob', password: 'to-be-changed' },
    ]
    etcd = await startSecureEtcd(suite, { identity: ways.identity, accounts, prefix })
  },
  { timeout: 60_000 },
)

async function open(t: TestContext, options: EtcdOptions = right()): Promise<ConfigStore & Leases> {
  const store = await openEtcdStore(options)
  closeAfter(t, () => store.close())
  return store
}

test(
  'a user with a certificate reads, writes and watches, and goes on after etcd has forgotten all tokens',
  { timeout: 60_000 },
  async (t) => {
    const store = await open(t)
    const revision = await store.put(`${prefix}/a`, '1')
    const seen: string[] = []
    const watching = new AbortController()
    const watched = store.watch(
      `${prefix}/`,
      revision,
      (change) => void seen.push(change.kind === 'put' ? change.value : 'gone'),
      watching.signal,
    )
    await waitFor(() => seen.length === 1, { what: 'the watch to tell of the write' })
    watching.abort()
    await watched

    await etcd.server.kill()
    await etcd.server.start()
    // Tokens live in the memory of etcd.
    await waitFor(() => store.list(`${prefix}/`), { what: 'the store to sign in anew', deadlineMs: 20_000 })
    await store.put(`${prefix}/a`, '2', { ifRevision: revision })
    assert.equal(await store.delete(`${prefix}/a`), true)
  },
)

interface Refusal {
  name: string
  options: () => EtcdOptions
  key?: string
  code: 'etcd_rejected' | 'etcd_unavailable'
  says: RegExp
}

const refusals: Refusal[] = [
  {
    name: 'a wrong password',
    options: () => ({ ...right(), password: `${secret}!` }),
    code: 'etcd_rejected',
    says: /does not let user alice in; check `username` and `password`/,
  },
  {
    name: 'no user',
    options: () => ({ endpoints: [etcd.endpoint], tls: right().tls }),
    code: 'etcd_rejected',
    says: /does not let us \w+ \/secure.*; set `username` and `password`/,
  },
  {
    name: 'a key beyond the rights',
    options: right,
    key: '/others',
    code: 'etcd_rejected',
    says: /does not let us \w+ \/others.*; give user alice the right/,
  },
  {
    name: 'an authority that we do not know',
    options: () => ({ ...right(), tls: { ...right().tls, ca: ways.strangeCa } }),
    code: 'etcd_unavailable',
    says: /nobody we trust has signed; let `ca` name/,
  },
  {
    name: 'a certificate for another host',
    options: () => ({ ...right(), endpoints: [etcd.endpoint.replace('127.0.0.1', 'localhost')] }),
    code: 'etcd_unavailable',
    says: /shows a certificate for another name/,
  },
  {
    name: 'no client certificate',
    options: () => ({ ...right(), tls: { ca: ways.ca } }),
    code: 'etcd_unavailable',
    says: /asks for a certificate of ours/,
  },
  {
    name: 'a client certificate that has expired',
    options: () => ({ ...right(), tls: { ca: ways.ca, cert: ways.expiredClient.cert, key: ways.expiredClient.key } }),
    code: 'etcd_unavailable',
    says: /refuses our certificate/,
  },
  {
    name: 'no TLS on a TLS port',
    options: () => ({ endpoints: [etcd.endpoint.replace('https:', 'http:')], ...alice }),
    code: 'etcd_unavailable',
    says: /speaks TLS on this port; write `https:\/\/`/,
  },
  {
    name: 'TLS on a port without it',
    options: () => ({ ...right(), endpoints: testServers().etcdEndpoints.map((at) => at.replace('http:', 'https:')) }),
    code: 'etcd_unavailable',
    says: /does not speak TLS on this port/,
  },
  {
    name: 'a user where none is wanted',
    options: () => ({ endpoints: testServers().etcdEndpoints, ...alice }),
    code: 'etcd_rejected',
    says: /takes no sign-in; do without `username` and `password`/,
  },
]

test('what is wrong with a user, a right or a certificate is told in time by every call, and never with the password', async (t) => {
  for (const { name, options, key = `${prefix}/x`, code, says } of refusals) {
    const store = await open(t, options())
    const calls: [call: string, send: () => Promise<unknown>][] = [
      ['list', () => store.list(key)],
      ['put', () => store.put(key, '1', { ifRevision: 0 })],
      // The right is looked at before the condition, which never holds: so a transfer asks whether it may take a lock.
      ['put on a condition', () => store.put(key, '1', { ifRevision: Number.MAX_SAFE_INTEGER })],
      ['watch', () => store.watch(key, 1, () => {}, AbortSignal.timeout(deadlineMs))],
    ]
    for (const [call, send] of calls) {
      const what = `${name}, ${call}`
      const error: unknown = await send().then(
        () => assert.fail(`${what}: etcd let us in`),
        (reason: unknown) => reason,
      )
      assert.ok(isLogpipeError(error, code), `${what}: ${inspect(error)}`)
      assert.match(describeError(error), says, what)
      assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(secret), `${what}: tells the password`)
    }
  }
})

test('etcd is reached by another name than that in its certificate, where we are told which it is', async (t) => {
  const { endpoints, tls, ...rest } = right()
  const elsewhere = endpoints.map((at) => at.replace('127.0.0.1', 'localhost'))
  const store = await open(t, { ...rest, endpoints: elsewhere, tls: { ...tls, serverName } })
  await store.list(`${prefix}/`)
})

test(
  'who asks agents without a right that it takes is told which, and how it is given, at once',
  { timeout: 30_000 },
  async (t) => {
    await etcd.etcdctl('user', 'add', `carol:${secret}`)
    const [replies, requests] = [keysOf(prefix, 'reply'), keysOf(prefix, 'request')]
    const grant = async (role: string, ...permission: string[]): Promise<void> => {
      await etcd.etcdctl('role', 'add', role)
      await etcd.etcdctl('role', 'grant-permission', role, '--prefix=true', ...permission)
      await etcd.etcdctl('user', 'grant-role', 'carol', role)
    }
    const entries = [{ path: '/a.log', topic: 'a' }]
    const request = { by: 'carol', waitMs: 10_000, files: 1, lines: 1, lineBytes: 100, replyBytes: 1_000, entries }
    const ask = async (waitMs: number): Promise<string> => {
      // Rights of a user are known to his next token.
      const store = await open(t, { ...right(), username: 'carol' })
      const began = performance.now()
      const said = await askAgents(
        { store, prefix, agents: ['web-1'], request: { ...request, waitMs } },
        AbortSignal.timeout(deadlineMs),
      ).then(
        ([asked]) => `no right is missing, ${asked?.reply === null ? 'nobody answers' : ''}`,
        (error: unknown) => (isLogpipeError(error, 'etcd_rejected') ? describeError(error) : inspect(error)),
      )
      assert.ok(performance.now() - began < 8_000, 'nobody waits for an answer that cannot come')
      return said
    }
    const todo = (right: string, keys: string): RegExp =>
      new RegExp(`etcdctl role grant-permission ROLE ${right} --prefix=true ${keys}`)
    await grant('asking', 'write', requests)
    assert.match(await ask(10_000), todo('read', replies))
    await etcd.etcdctl('user', 'revoke-role', 'carol', 'asking')
    await grant('hearing', 'read', replies)
    assert.match(await ask(10_000), todo('write', requests))
    await etcd.etcdctl('user', 'grant-role', 'carol', 'asking')
    assert.equal(await ask(300), 'no right is missing, nobody answers')
  },
)

test('a certificate or key that is none is refused before anything is asked', async (t) => {
  const { cert } = ways.client
  for (const tls of [{ ca: 'x' }, { ca: ways.ca, cert, key: ways.strangeClient.key }]) {
    await assert.rejects(open(t, { ...right(), tls }), (error) => isLogpipeError(error, 'settings_invalid'))
  }
})

test(
  'a password that is mended in etcd lets the waiting store in, and tries with a wrong one leave nothing behind',
  { timeout: 30_000 },
  async (t) => {
    const store = await open(t, { ...right(), username: 'bob' })
    const connections = (): number => process.getActiveResourcesInfo().filter((kind) => /TLS|TCP/.test(kind)).length
    await assert.rejects(store.list(`${prefix}/`), { code: 'etcd_rejected' })
    const before = connections()
    for (let i = 0; i < 20; i++) await assert.rejects(store.list(`${prefix}/`), { code: 'etcd_rejected' })
    assert.ok(connections() <= before, `${before} connections, then ${connections()}`)
    await etcd.etcdctl('user', 'delete', 'bob')
    await etcd.etcdctl('user', 'add', `bob:${secret}`)
    await etcd.etcdctl('user', 'grant-role', 'bob', 'logpipe')
    await waitFor(() => store.list(`${prefix}/`), { what: 'etcd to let the store in' })
  },
)
