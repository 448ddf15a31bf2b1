import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import {
  LogDir,
  randomName,
  runProgram,
  startAgent,
  startTransfer,
  testServers,
  waitFor,
  type Ran,
} from '@logpipe/testkit'
import { freshTopic } from './lib/fresh-topic.ts'

interface Document {
  '@timestamp': string
  message: string
  host: { name: string }
  log: { offset: number; file: { path: string } }
}

test('a line written to a file is searchable through logctl', async (t) => {
  const { kafkaBrokers, elasticsearchNodes, etcdEndpoints } = testServers()
  const topic = freshTopic(t)
  const dir = LogDir.create(t)
  dir.appendLines('app.log', ['an earlier line'])
  const [agent, transfer] = await Promise.all([
    startAgent(t, { kafka: { brokers: kafkaBrokers }, entries: [{ path: dir.file('*.log'), topic }] }),
    startTransfer(t, {
      kafka: { brokers: kafkaBrokers, group: topic, topics: [topic] },
      elasticsearch: { nodes: elasticsearchNodes },
    }),
  ])
  const env = {
    LOGCTL_KAFKA: kafkaBrokers.join(','),
    LOGCTL_ELASTICSEARCH: elasticsearchNodes.join(','),
    LOGCTL_ETCD: etcdEndpoints.join(','),
    // Agents of other tests are none of ours.
    LOGCTL_ETCD_PREFIX: `/${randomName('e2e')}`,
    LOGCTL_AGENTS: agent.url,
    LOGCTL_TRANSFERS: transfer.url,
    LOGCTL_GROUP: topic,
  }
  const logctl = (...args: string[]): Promise<Ran> => runProgram('logctl', { args, env })

  const word = randomName('word')
  const message = `GET /${word} "quoted" \\back\\slash\ttab é漢😀`
  const started = Date.now()
  dir.appendLines('app.log', [message])
  const found = await waitFor(async () => (await logctl('search', word, '--json')).stdout, {
    what: 'logctl search to find the line',
    deadlineMs: 15_000,
    everyMs: 250,
  })

  const document = JSON.parse(found) as Document
  assert.equal(document.message, message)
  assert.equal(document.log.offset, 'an earlier line\n'.length)
  assert.equal(document.log.file.path, dir.file('app.log'))
  assert.equal(document.host.name, hostname())
  const readAt = Date.parse(document['@timestamp'])
  assert.ok(readAt >= started - 1_000 && readAt <= Date.now(), document['@timestamp'])

  const { stdout } = await logctl('search', '--dataset', topic, '--last', '10m', '--path', dir.file('*'))
  assert.deepEqual(
    stdout.split('\n').map((line) => line.split(': ')[1]),
    ['an earlier line', message, undefined],
  )

  const indexed = async (): Promise<boolean> => {
    const { code, stdout: report } = await logctl('status', '--json')
    assert.equal(code, 0, report)
    const { kafka } = JSON.parse(report) as { kafka: { topics: { topic: string; records: number; lag?: number }[] } }
    const state = kafka.topics.find((each) => each.topic === topic)
    return state?.records === 2 && state.lag === 0
  }
  await waitFor(indexed, { what: 'logctl status to show two records and no lag', everyMs: 250 })

  assert.equal(await agent.stop(), 0)
  assert.equal(await transfer.stop(), 0)
})
