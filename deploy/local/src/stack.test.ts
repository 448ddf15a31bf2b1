import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findEtcd } from './etcd-program.ts'
import { existingStack } from './existing.ts'
import { answersWell } from './http-probe.ts'
import { listBrokerIds } from './kafka-probe.ts'
import { freePorts } from './ports.ts'
import { isAlive } from './processes.ts'
import { type Stack, startStack } from './stack.ts'

const signal = new AbortController().signal

async function stackFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'logpipe-stack-'))
  t.after(async () => {
    for (const { pid } of existingStack(dir)?.running ?? []) process.kill(pid, 'SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  })
  return dir
}

function portOf(address: string | undefined): number {
  return Number(address?.split(':').at(-1))
}

function pidsOf({ kafka, etcd, elasticsearch }: Stack): number[] {
  return [...kafka, ...etcd, ...elasticsearch].map((server) => server.pid)
}

test('all three servers answer, survive a kill and a start on their data, and are gone after stop', async (t) => {
  const dir = await stackFolder(t)
  const stack = await startStack({ dir, ports: 'free', graceMs: 0 })
  const { addresses } = stack
  const [broker] = stack.kafka
  const [node] = stack.elasticsearch
  assert.ok(broker && node)
  const brokerPort = portOf(addresses.kafka.brokers[0])
  assert.deepEqual(await listBrokerIds(brokerPort, signal), [1])
  assert.equal(await answersWell(`${addresses.etcd.endpoints[0]}/health`, signal), true)

  const index = `${addresses.elasticsearch.nodes[0]}/kept`
  await fetch(index, { method: 'PUT' })
  const before = broker.pid
  await Promise.all([broker.kill(), node.kill()])
  await assert.rejects(listBrokerIds(brokerPort, signal))
  await Promise.all([broker.start(), node.start()])
  assert.notEqual(broker.pid, before)
  assert.deepEqual(await listBrokerIds(brokerPort, signal), [1])
  assert.equal(await answersWell(index, signal), true)

  const pids = pidsOf(stack)
  assert.equal(pids.every(isAlive), true)
  await stack.stop()
  assert.equal(pids.some(isAlive), false)
})

test('three brokers are one cluster, which goes on without one of them', async (t) => {
  const dir = await stackFolder(t)
  const stack = await startStack({ dir, services: ['kafka'], brokers: 3, ports: 'free', graceMs: 0 })
  const [first, second] = stack.addresses.kafka.brokers.map(portOf)
  assert.ok(first && second)
  assert.deepEqual(new Set(await listBrokerIds(first, signal)), new Set([1, 2, 3]))
  await stack.kafka[0]?.kill()
  assert.equal((await listBrokerIds(second, signal)).length >= 2, true)
  await stack.kafka[0]?.start()
  assert.equal((await listBrokerIds(first, signal)).includes(1), true)
})

test('a port that is taken is named in a sentence, and nothing is left running', async (t) => {
  const dir = await stackFolder(t)
  const [port] = await freePorts(1)
  assert.ok(port)
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  t.after(() => other.close())
  await assert.rejects(startStack({ dir, services: ['etcd'], ports: { etcd: port } }), {
    code: 'port_taken',
    message: new RegExp(`^etcd-1 cannot start: port ${port} on 127\\.0\\.0\\.1 \\(etcd\\) is taken by another program`),
  })
})

test('any other number of servers than one or three is refused', async (t) => {
  const dir = await stackFolder(t)
  await assert.rejects(startStack({ dir, brokers: 2 }), {
    code: 'settings_invalid',
    message: 'brokers must be 1 or 3, not 2.',
  })
})

test('without etcd and without apt-get a sentence says what to install', async (t) => {
  const dir = await stackFolder(t)
  const path = process.env.PATH
  process.env.PATH = '/nonexistent'
  t.after(() => (process.env.PATH = path))
  await assert.rejects(findEtcd({ onProgress: () => {}, signal }, dir), {
    code: 'program_missing',
    message:
      'etcd is needed and is not installed, and there is no apt-get to get it with. Install it (Debian: apt-get install etcd-server).',
  })
})
