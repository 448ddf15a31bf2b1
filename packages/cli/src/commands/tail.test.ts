import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { randomName, testServers } from '@logpipe/testkit'
import { runLogctl, startLogctl } from '../test-output.ts'

const { kafkaBrokers: brokers } = testServers()
const env = { LOGCTL_KAFKA: brokers.join(',') }

interface Topic {
  name: string
  send(message: string, source?: { host: string; path: string }): Promise<void>
}

async function freshTopic(t: TestContext, name = randomName('tail')): Promise<Topic> {
  const cluster = new Cluster({ brokers, clientId: 'test' })
  const producer = new Producer(cluster, {})
  t.after(async () => {
    producer.close()
    await cluster.deleteTopic(name, AbortSignal.timeout(10_000))
    await cluster.close()
  })
  await cluster.ensureTopic(name, { partitions: 2, replication: 1 }, t.signal)
  let turn = 0
  return {
    name,
    send: async (message, source) => {
      const encoder = new RecordBatchEncoder(10_000)
      encoder.reset(Date.parse('2026-11-20T10:00:00Z'))
      const json = source && JSON.stringify({ id: 'AAAAAAAAAAAAAAAA', ip: '10.0.0.1', entry: 'e', ...source })
      const headers =
        json === undefined
          ? []
          : [
              { key: 'source', value: Buffer.from(json) },
              { key: 'offset', value: Buffer.from('42') },
            ]
      const record = { value: Buffer.from(message), headers, timestampMs: Date.parse('2026-11-20T10:00:00Z') }
      assert.equal(encoder.appendRecord(record), true)
      await producer.send(name, turn++ % 2, await encoder.seal('none'))
    },
  }
}

test('tail prints what comes from now on, with host and path, until it is stopped with code 0', async (t) => {
  const topic = await freshTopic(t)
  await topic.send('before')
  const live = startLogctl(t, ['tail', topic.name], { env, isTerminal: true })
  await live.stderrShows(`Lines as they come into ${topic.name}; Ctrl-C ends it.\n`)
  await topic.send('one \u001b[2J', { host: 'web-1', path: '/var/log/a.log' })
  await live.stdoutShows('2026-11-20T10:00:00.000Z web-1 /var/log/a.log: one \\e[2J\n')
  await topic.send('no source')
  await live.stdoutShows(`2026-11-20T10:00:00.000Z - ${topic.name}: no source\n`)
  const { code, stdout } = await live.stop()
  assert.equal(code, 0)
  assert.doesNotMatch(stdout, /before/)
})

test('host and path choose; --json prints objects', async (t) => {
  const topic = await freshTopic(t)
  const live = startLogctl(t, ['tail', topic.name, '--host', 'web-1', '--path', '/srv/*', '--json'], { env })
  const send = (): Promise<unknown> =>
    Promise.all([
      topic.send('other host', { host: 'web-2', path: '/srv/a.log' }),
      topic.send('other path', { host: 'web-1', path: '/var/a.log' }),
      topic.send('wanted', { host: 'web-1', path: '/srv/a.log' }),
    ])
  // Without a terminal nothing says that it has found the end, so lines come until one is seen.
  await live.stdoutShows('wanted', send)
  const { stdout } = await live.stop()
  assert.doesNotMatch(stdout, /other/)
  const { kafka, ...line } = JSON.parse(stdout.split('\n')[0] ?? '') as Record<string, unknown>
  assert.equal((kafka as { topic: string }).topic, topic.name)
  assert.deepEqual(line, {
    '@timestamp': '2026-11-20T10:00:00.000Z',
    message: 'wanted',
    host: { name: 'web-1', ip: '10.0.0.1' },
    log: { file: { path: '/srv/a.log' }, offset: 42 },
  })
})

test('a topic that is made later is followed from its first record', async (t) => {
  const prefix = randomName('tail')
  await freshTopic(t, `${prefix}_1`)
  const live = startLogctl(t, ['tail', `${prefix}_*`], { env, isTerminal: true })
  await live.stderrShows(`${prefix}_1`)
  const later = await freshTopic(t, `${prefix}_2`)
  await later.send('first of all')
  await live.stdoutShows(`${prefix}_2: first of all\n`)
  assert.equal((await live.stop()).code, 0)
})

test('no such topic, no such Kafka and no topic name are sentences', async () => {
  const absent = await runLogctl(['tail', randomName('absent')], { env })
  assert.equal(absent.code, 1)
  assert.match(absent.stderr, /^logctl: There is no topic that matches absent_\w+; logctl status lists them\.\n$/)
  const away = await runLogctl(['--kafka', '127.0.0.1:9', 'tail'])
  assert.equal(away.code, 1)
  assert.match(away.stderr, /^logctl: No Kafka broker answers \(asked 127\.0\.0\.1:9\).*\n$/)
  const bad = await runLogctl(['tail', 'a b'], { env })
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /^logctl: 'a b' is no topic and no glob of topics: it may hold letters.*\n$/)
})
