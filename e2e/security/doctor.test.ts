import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { allow, forbid } from '@logpipe/kafka/testing'
import { closeAfter, fileScope, randomName, runProgram, testServers } from '@logpipe/testkit'
import { prefix, SecuredServers } from './secured-servers.ts'

const [node = ''] = testServers().elasticsearchNodes
const suite = fileScope(after)
let servers: SecuredServers

before(
  async () => {
    servers = await SecuredServers.start(suite, node)
  },
  { timeout: 120_000 },
)

interface Report {
  findings: { about: string; check: string; level: string; found: string }[]
}

/** What `logctl doctor` finds as alice, a line each. */
async function findings(group: string, password?: string): Promise<{ code: number | null; told: string[] }> {
  const { code, stdout, stderr } = await runProgram('logctl', {
    args: ['doctor', '--json'],
    env: servers.logctlEnvironment(group, password),
  })
  assert.notEqual(stdout, '', stderr)
  const { findings: found } = JSON.parse(stdout) as Report
  return { code, told: found.map((one) => `${one.about} ${one.check} ${one.level}: ${one.found}`) }
}

/** Those of the servers that are ours alone. */
function problems(told: readonly string[]): string[] {
  return told.filter((line) => / problem: /.test(line) && !line.startsWith('Elasticsearch '))
}

function assertTold(told: readonly string[], expected: readonly RegExp[]): void {
  for (const sentence of expected)
    assert.ok(
      told.some((line) => sentence.test(line)),
      `${sentence}\n${told.join('\n')}`,
    )
}

test('doctor comes in over TLS with a user, and tells which rights are missing', { timeout: 90_000 }, async (t) => {
  const [topic, group] = [randomName('doctor'), randomName('group')]
  const cluster = new Cluster({ brokers: [servers.kafka.plain], clientId: 'test' })
  closeAfter(t, () => cluster.close())
  await cluster.ensureTopic(topic, { partitions: 1, replication: 1 }, t.signal)

  const before = await findings(group)
  assert.deepEqual(problems(before.told), [])
  assertTold(before.told, [
    /^Kafka brokers ok: 1 broker is/,
    /^Kafka rights ok: User alice may create topics, read and write/,
    /^etcd members ok: https:.* answers: etcd 3\./,
    /^etcd members ok: The clock of etcd/,
    /^etcd rights ok: User alice may read and write/,
    /^Elasticsearch nodes ok: 1 of 1 addresses answer/,
  ])

  const principal = 'User:alice'
  // With it, all that no rule allows is forbidden there.
  await allow(cluster, principal, { kind: 'topic', name: topic }, 'read')
  await forbid(cluster, principal, { kind: 'group', name: group }, 'read')
  await forbid(cluster, principal, { kind: 'cluster', name: 'kafka-cluster' }, 'describe')
  await servers.etcd.etcdctl('role', 'revoke-permission', 'logpipe', '--prefix=true', `${prefix}/`)
  await servers.etcd.etcdctl('role', 'grant-permission', 'logpipe', '--prefix=true', 'read', `${prefix}/`)
  const { told } = await findings(group)
  assert.deepEqual(problems(told), [], 'missing rights are warnings')
  assertTold(told, [
    new RegExp(`^Kafka rights warning: User alice may not write 1 of \\d+ topics \\(${topic}\\); agents`),
    new RegExp(`^Kafka rights warning: User alice may not read as the group ${group}`),
    /^Kafka disks unknown: The brokers do not tell how full their disks are/,
    /^etcd rights warning: User alice may read below \/secure\/, and not write: /,
  ])
})

test('a wrong password is a problem at each server, told at once', { timeout: 60_000 }, async () => {
  const { code, told } = await findings(randomName('group'), 'wrong')
  assert.equal(code, 1)
  assertTold(told, [
    /^Kafka brokers problem: .*(password|authentication)/i,
    /^etcd members problem: .*does not let user alice in/,
    /^Elasticsearch nodes problem: .*does not let us in \(401\)/,
  ])
})
