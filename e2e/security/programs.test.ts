import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { forbid, setScramPassword } from '@logpipe/kafka/testing'
import {
  closeAfter,
  countDocuments,
  type Daemon,
  elasticsearch,
  fileScope,
  LogDir,
  randomName,
  runProgram,
  startAgent,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { ip, prefix, secret, SecuredServers } from './secured-servers.ts'

const [node = ''] = testServers().elasticsearchNodes
const suite = fileScope(after)
let servers: SecuredServers

before(
  async () => {
    servers = await SecuredServers.start(suite, node)
  },
  { timeout: 120_000 },
)

async function text(daemon: Daemon, path: string): Promise<string> {
  return await (await fetch(`${daemon.url}${path}`, { signal: AbortSignal.timeout(5_000) })).text()
}

/** Nothing that the program shows holds the password, as it is or as a header of HTTP does. */
async function assertDiscreet(daemon: Daemon): Promise<void> {
  const shown = [
    daemon.output,
    ...(await Promise.all(['/metrics', '/readyz', '/healthz'].map((at) => text(daemon, at)))),
  ]
  const { stdout, stderr } = await runProgram(daemon.name, { args: ['validate', '--config', daemon.settingsFile] })
  for (const hidden of [secret, Buffer.from(`alice:${secret}`).toString('base64'), 'PRIVATE KEY']) {
    for (const each of [...shown, stdout, stderr]) assert.ok(!each.includes(hidden), `${daemon.name} shows ${hidden}`)
  }
}

test(
  'a line goes from a file into the index, and is found, over TLS and with sign-in at every server',
  { timeout: 90_000 },
  async (t) => {
    const topic = randomName('secure')
    const dir = LogDir.create(t)
    await servers.etcd.etcdctl(
      'put',
      `${prefix}/collect/hosts/${ip}`,
      JSON.stringify([{ path: dir.file('*.log'), topic }]),
    )
    closeAfter(
      t,
      async () => void (await elasticsearch(node, 'DELETE', `/logs-${topic}-default?ignore_unavailable=true`)),
    )
    const agent = await startAgent(t, servers.agentSettings())
    const transfer = await startTransfer(t, servers.transferSettings(topic))
    const word = randomName('word')
    dir.appendLines('app.log', [`GET /${word}`])
    const env = { ...servers.logctlEnvironment(topic), LOGCTL_AGENTS: agent.url, LOGCTL_TRANSFERS: transfer.url }
    const found = await waitFor(async () => (await runProgram('logctl', { args: ['search', word], env })).stdout, {
      what: 'logctl search to find the line',
      deadlineMs: 30_000,
      everyMs: 250,
    })
    assert.match(found, new RegExp(`GET /${word}`))
    const status = await runProgram('logctl', { args: ['status', '--json'], env })
    assert.equal(status.code, 0, `${status.stdout}${status.stderr}`)
    await assertDiscreet(agent)
    await assertDiscreet(transfer)
    assert.equal(await agent.stop(), 0)
    assert.equal(await transfer.stop(), 0)
    // Programs of operations teams read what is on stderr: JSON lines and nothing else.
    for (const { output } of [agent, transfer]) {
      for (const line of output.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line)
    }
  },
)

/** CPU time that the process has used, milliseconds. */
function cpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

test(
  'with wrong passwords the programs say so, wait without spinning, and end when they are told to',
  { timeout: 90_000 },
  async (t) => {
    const wrong = `${secret}-not`
    const topic = randomName('secure')
    const daemons = await Promise.all([
      startAgent(t, servers.agentSettings(wrong), { readyMs: 0 }),
      startTransfer(t, servers.transferSettings(topic, wrong), { readyMs: 0 }),
    ])
    const [agent, transfer] = daemons
    const says = (daemon: Daemon, words: RegExp): Promise<unknown> =>
      waitFor(() => words.test(daemon.output), { what: `${daemon.name} to say ${words}`, deadlineMs: 15_000 })
    await says(agent, /does not let user alice \(SCRAM-SHA-512\) in; check `sasl\.username`/)
    await says(agent, /etcd at .* does not let user alice in; check `username` and `password`/)
    await says(transfer, /401 .*Check user name, password or API key/)
    assert.equal((await agent.get('/readyz')).status, 503)
    assert.equal((await transfer.get('/readyz')).status, 503)

    const start = daemons.map(({ pid }) => cpuMs(pid))
    const until = performance.now() + 3_000
    await waitFor(() => performance.now() > until, { what: 'three seconds to pass' })
    for (const [i, { pid, name }] of daemons.entries()) {
      const used = cpuMs(pid) - (start[i] ?? 0)
      assert.ok(used < 1_000, `${name} used ${used} ms of CPU in 3 s of waiting`)
    }
    for (const daemon of daemons) {
      await assertDiscreet(daemon)
      assert.equal(await daemon.stop(), 0, `${daemon.name} ends well on SIGTERM`)
    }
    const { code, stdout } = await runProgram('logctl', {
      args: ['status'],
      env: servers.logctlEnvironment(topic, wrong),
    })
    assert.equal(code, 1)
    assert.match(stdout, /does not let user alice \(SCRAM-SHA-512\) in/)
    assert.match(stdout, /etcd at .* does not let user alice in/)
    assert.match(stdout, /does not let us in \(401\)/)
    assert.ok(!stdout.includes(secret))
  },
)

test(
  'a topic that may not be written any more blocks its own file; others go on, and it goes on when the right is back',
  { timeout: 90_000 },
  async (t) => {
    const [open, closed] = [randomName('open'), randomName('closed')]
    const dir = LogDir.create(t)
    const { etcd: _, ...settings } = servers.agentSettings()
    const entries = [
      { path: dir.file('open.log'), topic: open },
      { path: dir.file('closed.log'), topic: closed },
    ]
    dir.appendLines('open.log', ['first'])
    dir.appendLines('closed.log', ['first'])
    const agent = await startAgent(t, { ...settings, entries })
    const state = async (
      name: string,
    ): Promise<{ lagBytes: number; state: string; reason?: string | null } | undefined> => {
      const { body } = await agent.get<FilesReport>('/files')
      return body.files.find(({ path }) => path === dir.file(name))
    }
    const acked = (name: string): Promise<unknown> =>
      waitFor(async () => (await state(name))?.lagBytes === 0, { what: `all of ${name}`, deadlineMs: 20_000 })
    await Promise.all([acked('open.log'), acked('closed.log')])

    const admin = new Cluster({ brokers: [servers.kafka.plain], clientId: 'admin' })
    closeAfter(t, () => admin.close())
    const allow = await forbid(admin, 'User:alice', { kind: 'topic', name: closed }, 'write')
    dir.appendLines('closed.log', ['second'])
    const blocked = await waitFor(
      async () => {
        const found = await state('closed.log')
        return found?.state === 'blocked' && found
      },
      { what: 'the file to be blocked', deadlineMs: 20_000 },
    )
    assert.match(blocked.reason ?? '', /TOPIC_AUTHORIZATION_FAILED/)
    dir.appendLines('open.log', ['second'])
    await acked('open.log')
    await allow()
    await acked('closed.log')
    assert.equal(await agent.stop(), 0)
  },
)

test(
  'rights taken from the transfer, on one topic and on its group, hold up what they are about until they are back',
  { timeout: 120_000 },
  async (t) => {
    const base = randomName('rights')
    const [open, closed] = [`${base}_open`, `${base}_closed`]
    const admin = new Cluster({ brokers: [servers.kafka.plain], clientId: 'admin' })
    const producer = new Producer(admin)
    closeAfter(t, async () => {
      producer.close()
      await admin.close()
    })
    const write = async (topic: string): Promise<void> => {
      const encoder = new RecordBatchEncoder(4_096)
      encoder.reset()
      encoder.appendRecord({ value: Buffer.from('a line') })
      await producer.send(topic, 0, await encoder.seal('none'))
    }
    for (const topic of [open, closed]) {
      await admin.ensureTopic(topic, { partitions: 1, replication: 1 }, t.signal)
      await write(topic)
      closeAfter(
        t,
        async () => void (await elasticsearch(node, 'DELETE', `/logs-${topic}-default?ignore_unavailable=true`)),
      )
    }
    const transfer = await startTransfer(t, {
      ...servers.transferSettings(base),
      kafka: { brokers: [servers.kafka.tls], group: base, topics: [`${base}_*`], tls: servers.files },
    })
    const indexed = (topic: string, count: number): Promise<unknown> =>
      waitFor(
        async () => {
          await elasticsearch(node, 'POST', `/logs-${topic}-default/_refresh`)
          return (await countDocuments(node, `logs-${topic}-default`)) === count
        },
        {
          what: `${count} documents of ${topic}; the transfer said\n${transfer.output}`,
          deadlineMs: 30_000,
          everyMs: 200,
        },
      )
    await Promise.all([indexed(open, 1), indexed(closed, 1)])

    const user = 'User:CN=agent'
    const allowTopic = await forbid(admin, user, { kind: 'topic', name: closed }, 'read')
    // A fetch that waits at the broker was allowed when it came: only the next one is refused.
    await waitFor(() => transfer.output.includes('TOPIC_AUTHORIZATION_FAILED'), { what: 'the transfer to say so' })
    await Promise.all([write(open), write(closed)])
    await indexed(open, 2)
    assert.equal(await countDocuments(node, `logs-${closed}-default`), 1)
    await allowTopic()
    await indexed(closed, 2)

    assert.equal(await transfer.stop(), 0)
    const allowGroup = await forbid(admin, user, { kind: 'group', name: base }, 'read')
    await transfer.restart()
    await waitFor(
      () => /GROUP_AUTHORIZATION_FAILED\. Give our user the right READ on this group/.test(transfer.output),
      {
        what: 'the transfer to say so',
        deadlineMs: 20_000,
      },
    )
    await allowGroup()
    await write(open)
    await indexed(open, 3)
    assert.equal(await transfer.stop(), 0)
  },
)

test(
  'a password that is changed under a running agent blocks its files with that reason; mended, they go on',
  { timeout: 90_000 },
  async (t) => {
    const admin = new Cluster({ brokers: [servers.kafka.plain], clientId: 'admin' })
    closeAfter(t, () => admin.close())
    const [username, topic] = [randomName('carol'), randomName('secure')]
    await setScramPassword(admin, 'SCRAM-SHA-512', username, secret)
    const dir = LogDir.create(t)
    dir.appendLines('app.log', ['first'])
    const agent = await startAgent(t, {
      // This listener wants a new sign-in every two seconds.
      kafka: { brokers: [servers.kafka.reauth], sasl: { mechanism: 'SCRAM-SHA-512', username, password: secret } },
      entries: [{ path: dir.file('*.log'), topic }],
    })
    const state = async (): Promise<FilesReport['files'][number] | undefined> =>
      (await agent.get<FilesReport>('/files')).body.files[0]
    const acked = (): Promise<unknown> =>
      waitFor(async () => (await state())?.lagBytes === 0, { what: 'all lines to be acknowledged', deadlineMs: 20_000 })
    await acked()
    await setScramPassword(admin, 'SCRAM-SHA-512', username, 'another')
    let lines = 1
    const refusal = /does not let user carol_\w+ \(SCRAM-SHA-512\) in; check `sasl.username`/
    await waitFor(
      async () => {
        dir.appendLines('app.log', [`line ${lines++}`])
        return refusal.test((await state())?.reason ?? '')
      },
      { what: 'the file to say why it stands still', deadlineMs: 30_000, everyMs: 200 },
    )
    assert.equal((await agent.get('/readyz')).status, 503)
    await setScramPassword(admin, 'SCRAM-SHA-512', username, secret)
    await acked()
    const ends = await admin.listOffsets(
      Array.from({ length: 6 }, (_, partition) => ({ topic, partition })),
      'latest',
      t.signal,
    )
    assert.equal(
      [...ends.values()].reduce((sum, end) => sum + end, 0),
      lines,
      'each line once',
    )
    assert.equal(await agent.stop(), 0)
  },
)
