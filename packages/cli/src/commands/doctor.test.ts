import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { closeAfter, randomName, type Scope, testServers } from '@logpipe/testkit'
import { members } from '../doctor/etcd/members.ts'
import { runLogctl } from '../test-output.ts'
import { TestStore } from '../test-store.ts'
import type { DoctorReport } from './doctor.ts'

const { kafkaBrokers, etcdEndpoints, elasticsearchNodes } = testServers()
const all = {
  LOGCTL_KAFKA: kafkaBrokers.join(','),
  LOGCTL_ETCD: etcdEndpoints.join(','),
  LOGCTL_ELASTICSEARCH: elasticsearchNodes.join(','),
}

async function report(env: Record<string, string>, ...flags: string[]): Promise<DoctorReport & { code: number }> {
  const { code, stdout, stderr } = await runLogctl([...flags, 'doctor', '--json'], { env })
  assert.equal(stderr, '')
  return { ...(JSON.parse(stdout) as DoctorReport), code }
}

/** What was found by one check, worst first. */
function of({ findings }: DoctorReport, about: string, check: string): string[] {
  return findings
    .filter((one) => one.about === about && one.check === check)
    .map(({ level, found }) => `${level}: ${found}`)
}

test('every check of every server has something to say, and nothing is left behind', async (t) => {
  const own = await TestStore.open(t)
  const found = await report({ ...all, LOGCTL_ETCD_PREFIX: own.prefix })
  const checks = new Set(found.findings.map(({ about, check }) => `${about} ${check}`))
  const wanted = {
    Kafka: ['brokers', 'replicas', 'rights', 'disks'],
    etcd: ['members', 'rights', 'values'],
    agents: ['registered', 'rollout', 'topics'],
    transfers: ['registered'],
    Elasticsearch: ['nodes', 'versions', 'disks', 'template', 'rights'],
  }
  const names = Object.entries(wanted).flatMap(([about, list]) => list.map((name) => `${about} ${name}`))
  assert.deepEqual([...checks].toSorted(), names.toSorted())
  assert.match(of(found, 'Kafka', 'brokers').join(), /^ok: \d brokers? (is|are) in the cluster/)
  assert.match(of(found, 'Kafka', 'rights').join(), /^ok: We may create topics/)
  assert.match(of(found, 'Kafka', 'disks').join(), /are free/)
  assert.match(of(found, 'etcd', 'members').join(), /answers: etcd 3\..*The clock of etcd at .* agrees with ours/)
  assert.match(of(found, 'etcd', 'rights').join(), /^ok: We may read and write/)
  assert.match(of(found, 'Elasticsearch', 'versions').join(), /^ok: Version \d/)
  assert.match(of(found, 'Elasticsearch', 'disks').join(), /are free.*The clock of node .* agrees with ours/)
  assert.deepEqual((await own.store.list(`${own.prefix}/`)).items, [])
})

test('a compacted topic that lines are collected into is a problem', async (t) => {
  const own = await TestStore.open(t)
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'test' })
  const topic = randomName('doctor')
  closeAfter(t, async () => {
    await cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  const env = { ...all, LOGCTL_ETCD_PREFIX: own.prefix }
  const configs = { 'cleanup.policy': 'compact,delete' }
  await cluster.ensureTopic(topic, { partitions: 1, replication: 1, configs }, t.signal)
  assert.match(of(await report(env), 'agents', 'topics').join(), /^ok: 0 of 0 topics/)
  await own.store.put(`${own.prefix}/collect/hosts/10.9.8.7`, JSON.stringify([{ path: '/var/log/a.log', topic }]))
  const found = await report(env)
  assert.equal(found.code, 1)
  assert.match(of(found, 'agents', 'topics').join(), new RegExp(`^problem: Topic ${topic}, .* is compacted: `))
})

test('a topic that can never be written is a problem: exit code 1, and a sentence of what to do', async (t) => {
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'test' })
  const topic = randomName('doctor')
  closeAfter(t, async () => {
    await cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  await cluster.ensureTopic(topic, { partitions: 2, replication: 1, configs: { 'min.insync.replicas': '2' } }, t.signal)
  const { code, stdout } = await runLogctl(['doctor'], { env: { LOGCTL_KAFKA: all.LOGCTL_KAFKA } })
  assert.equal(code, 1)
  const told = new RegExp(
    `^PROBLEM {2}Kafka replicas: Topic ${topic}: 2 of 2 partitions have fewer copies .*\n {9}→ .*--topic ${topic} `,
    'm',
  )
  assert.match(stdout, told)
  assert.match(stdout, /\n\n\d+ problems?, \d+ warnings?\.\n$/)
})

test('a server that is away is one problem, with nothing more asked of it, and the others are looked at', async (t) => {
  const own = await TestStore.open(t)
  const away = { LOGCTL_KAFKA: '127.0.0.1:9', LOGCTL_ELASTICSEARCH: 'http://127.0.0.1:9' }
  const found = await report({ ...all, ...away, LOGCTL_ETCD_PREFIX: own.prefix })
  assert.deepEqual([found.code, found.healthy], [1, false])
  const bad = found.findings.filter(({ level }) => level === 'problem').map(({ about, check }) => `${about} ${check}`)
  assert.deepEqual(bad, ['Kafka brokers', 'Elasticsearch nodes'])
  assert.deepEqual(
    [...new Set(found.findings.map(({ about }) => about))],
    ['Kafka', 'etcd', 'agents', 'transfers', 'Elasticsearch'],
  )
  const one = await report({ ...all, LOGCTL_KAFKA: `127.0.0.1:9,${all.LOGCTL_KAFKA}`, LOGCTL_ETCD_PREFIX: own.prefix })
  assert.match(of(one, 'Kafka', 'brokers')[0] ?? '', /^problem: No Kafka broker answers \(asked 127\.0\.0\.1:9\)/)
  assert.ok(of(one, 'Kafka', 'replicas').length > 0, 'the other broker is asked on')
  const none = await runLogctl(['doctor'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /^logctl: No server is known to look at: give --kafka/)
})

/** Answers /files as an agent of this name does. */
async function agentAt(scope: Scope, agent: string): Promise<string> {
  const server = createServer((_, response) => response.end(JSON.stringify({ agent, files: [] })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfter(scope, () => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('agents without registration, clocks ahead, entries that nobody applies or that fail are told', async (t) => {
  const own = await TestStore.open(t)
  const env = { LOGCTL_ETCD: all.LOGCTL_ETCD, LOGCTL_ETCD_PREFIX: own.prefix }
  const nobody = await report(env)
  assert.match(of(nobody, 'agents', 'registered').join(), /^warning: No agent is registered/)
  assert.deepEqual([nobody.code, nobody.healthy], [0, true], 'a warning is no problem')

  const started = new Date().toISOString()
  const agent = {
    id: 'a1',
    host: 'web-1',
    ip: '10.0.0.1',
    labels: {},
    version: '1.2.3',
    pid: 1,
    address: 'x:1',
    started,
  }
  await own.put('agents/a1', agent)
  await own.put('agents/a2', {
    ...agent,
    id: 'a2',
    ip: '10.0.0.2',
    started: new Date(Date.now() + 60_000).toISOString(),
  })
  const entries = [{ id: 'e', path: '/var/log/*.log', topic: 'web_log' }]
  const revision = await own.put('collect/hosts/10.0.0.1', entries)
  await own.put('collect/hosts/10.0.0.9', entries)
  const row = {
    id: 'e',
    desired: revision,
    attempted: revision,
    applied: null,
    state: 'FAILED',
    error: 'no such folder',
  }
  await own.put('status/a1', { agent: 'a1', revision, entries: [row] })
  await own.put('transfers/t1', {
    ...agent,
    id: 't1',
    group: 'logtransfer',
    started: new Date(Date.now() + 60_000).toISOString(),
  })
  const [known, strange] = [await agentAt(t, 'a1'), await agentAt(t, 'a3')]
  const found = await report(env, '--agents', `${known},${strange},127.0.0.1:9`)
  const registered = of(found, 'agents', 'registered')
  for (const sentence of [
    new RegExp(`^warning: The agent at http://${strange} answers and is not registered`),
    /^warning: Agent a2 on web-1 says that it started \d+ s from now/,
    /^unknown: The agent at http:\/\/127\.0\.0\.1:9 does not answer/,
    new RegExp(`^ok: The agent at http://${known} is registered`),
    /^ok: 2 agents are registered, version 1\.2\.3/,
  ]) {
    assert.ok(
      registered.some((line) => sentence.test(line)),
      `${sentence}: ${registered.join('\n')}`,
    )
  }
  assert.match(
    of(found, 'transfers', 'registered').join('\n'),
    /^warning: Transfer t1 .* ahead of ours\.\nok: 1 transfer is/,
  )
  assert.deepEqual(of(found, 'agents', 'rollout').toSorted(), [
    'ok: 0 of 2 hosts, groups and pipelines are applied, or on the way.',
    'warning: The entries of host 10.0.0.1 failed on 1 of 1 agents.',
    'warning: The entries of host 10.0.0.9 concern none of the agents that are alive.',
  ])
})

test('what was written by hand and nobody reads, or can, is told with what to do', async (t) => {
  const own = await TestStore.open(t)
  const entry = { path: '/var/log/*.log', topic: 'web_log' }
  await own.put('collect/hosts/web-1', [entry])
  await own.put('collect/groups/a/b', [entry])
  await own.put('collect/hosts/2001:DB8::1', [entry])
  await own.put('collect/groups/broken', 'hello {')
  await own.put('collect/hosts/10.0.0.1', [
    entry,
    { ...entry, path: 'a.log' },
    { ...entry, topic: 'b', includeLines: ['(?<=a)b'] },
  ])
  await own.put('collect/services/shop/1', { host: 'web-1' })
  await own.put('collect/groups/well', { selector: { role: 'web' }, entries: [entry] })
  await own.put('pipelines/p', { processors: [{ jsn: {} }] })
  const env = { LOGCTL_ETCD: all.LOGCTL_ETCD, LOGCTL_ETCD_PREFIX: own.prefix }
  const found = await report(env)
  const told = of(found, 'etcd', 'values')
  for (const sentence of [
    /^warning: Nobody reads the key .*\/collect\/hosts\/web-1\.$/,
    /^warning: Nobody reads the key .*\/collect\/groups\/a\/b\.$/,
    /^warning: In the entries of group broken something cannot be used: .* is not JSON/,
    /^warning: In the entries of host 10\.0\.0\.1 something cannot be used: \[1\]\.path must be absolute.* \(and 1 more\)/,
    /^warning: In service shop\/1 something cannot be used: entries is missing/,
    /^warning: In the pipeline p something cannot be used: .*jsn/,
    /^warning: Nobody reads the key .*\/2001:DB8::1\.$/,
    /^ok: 1 of 8 keys of what is collected and parsed can be used\.$/,
  ]) {
    assert.ok(
      told.some((line) => sentence.test(line)),
      `${sentence}: ${told.join('\n')}`,
    )
  }
  assert.equal(told.length, 8)
  const rollout = of(found, 'agents', 'rollout').join('\n')
  assert.doesNotMatch(rollout, /broken/, 'nobody looks for agents of a value that cannot be read')
  assert.match(rollout, /group well concern none/)
})

test('etcd’s clock is compared with ours', async (t) => {
  const own = await TestStore.open(t)
  const settings = { endpoints: etcdEndpoints, prefix: own.prefix }
  const now = (): number => Date.now() - 60_000
  const found = await members.look({ store: own.store, settings, agents: [], now }, t.signal)
  assert.ok(found.some(({ level, found: said }) => level === 'warning' && /\d\d s ahead of ours/.test(said)))
})
