import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { buildKey, historyOf, loadSettings, openEtcdStore, type TransferSettings } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import { isLogpipeError, silentLogger } from '@logpipe/runtime'
import { closeAfter, randomName, readDocuments, testServers, waitFor } from '@logpipe/testkit'
import { runTransfer } from './run.ts'
import { produce, testCluster, testTopic } from './test-kafka.ts'

type Document = Record<string, unknown>

function settingsFor(topic: string, more: Record<string, unknown>): TransferSettings {
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const given = {
    'kafka.brokers': kafkaBrokers,
    'kafka.topics': [topic],
    'kafka.group': topic,
    'elasticsearch.nodes': elasticsearchNodes,
    'elasticsearch.bulkAgeMs': 20,
    commitMs: 50,
    'http.listen': '127.0.0.1:0',
    ...more,
  }
  const flags = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const loaded = loadSettings('transfer', { env: {}, flags: Object.fromEntries(flags) })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.settings
}

function start(t: TestContext, settings: TransferSettings): void {
  const stop = new AbortController()
  const running = runTransfer(settings, silentLogger, stop.signal)
  closeAfter(t, async () => {
    stop.abort()
    await running.catch((error: unknown) => {
      if (!isLogpipeError(error, 'aborted')) throw error
    })
  })
}

let offset = 0

function line(message: string, pipeline?: string): PlainRecord {
  const source = {
    id: 'AAAAAAAAAAAAAAAA',
    host: 'h',
    ip: '10.0.0.1',
    path: '/x.log',
    entry: 'e',
    ...(pipeline && { pipeline }),
  }
  return {
    value: Buffer.from(message),
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(source)) },
      { key: 'offset', value: Buffer.from(String(offset++)) },
    ],
  }
}

/** The documents of an index by message, once there are so many. */
async function documents(index: string, count: number): Promise<Map<unknown, Document>> {
  const node = testServers().elasticsearchNodes[0] as string
  const found = new Map<unknown, Document>()
  const look = async (): Promise<boolean> => {
    found.clear()
    for await (const { source } of readDocuments({ node, index })) found.set(source['message'], source)
    return found.size >= count
  }
  await waitFor(look, { what: `${count} documents in ${index}`, deadlineMs: 20_000, everyMs: 200 })
  return found
}

async function topicFor(
  t: TestContext,
): Promise<{ topic: string; send: (...records: PlainRecord[]) => Promise<void> }> {
  const cluster = testCluster(t)
  const topic = randomName('pipelines')
  await testTopic(t, cluster, topic)
  closeAfter(t, () => cluster.deleteTopic(`${topic}.dlq`, AbortSignal.timeout(10_000)).catch(() => {}))
  const node = testServers().elasticsearchNodes[0] as string
  closeAfter(t, async () => {
    await fetch(`${node}/_data_stream/logs-${topic}-*`, { method: 'DELETE' })
  })
  return { topic, send: (...records) => produce(cluster, topic, 0, records) }
}

test('lines are parsed by the pipeline of etcd, and by its new form as soon as that is put', async (t) => {
  const { topic, send } = await topicFor(t)
  const endpoints = testServers().etcdEndpoints
  const store = await openEtcdStore({ endpoints })
  const prefix = `/${topic}`
  const key = buildKey(prefix, { kind: 'pipeline', name: 'app' })
  closeAfter(t, async () => {
    for (const item of (await store.list(`${prefix}/`)).items) await store.delete(item.key)
    await store.close()
  })
  const put = (kind: string): Promise<number> =>
    store.put(
      key,
      JSON.stringify({
        processors: [{ logfmt: {} }, { add: { fields: { 'event.kind': kind } } }, { drop: { if: { field: 'drop' } } }],
      }),
    )
  await put('event')
  start(t, settingsFor(topic, { 'etcd.endpoints': endpoints, 'etcd.prefix': prefix }))
  await send(line('n=1', 'app'), line('drop=yes', 'app'), line('n=2'), line('n=3', 'none'))
  const index = `logs-${topic}-default`
  const first = await documents(index, 3)
  const kindOf = (document: Document | undefined): unknown => (document?.['event'] as Document | undefined)?.['kind']
  assert.deepEqual([first.get('n=1')?.['n'], kindOf(first.get('n=1'))], ['1', 'event'])
  assert.equal(first.get('n=2')?.['n'], undefined)
  assert.deepEqual(first.get('n=3')?.['tags'], ['_pipeline_missing'])

  await put('metric')
  let sent = 10
  await waitFor(
    async () => {
      await send(line(`n=${++sent}`, 'app'))
      const now = await documents(index, sent - 7)
      return kindOf(now.get(`n=${sent}`)) === 'metric'
    },
    { what: 'a line parsed by the new pipeline', deadlineMs: 20_000 },
  )
  // Both were put by hand: this transfer, the only one, has written them down.
  await waitFor(
    async () =>
      (await historyOf(store, prefix, key)).some(({ by, to }) => by === 'unknown' && /metric/.test(String(to))),
    {
      what: 'the change by hand in the history',
      deadlineMs: 20_000,
    },
  )
})

test('Elasticsearch takes what other producers send, whatever their fields are called; a dated index too', async (t) => {
  const { topic, send } = await topicFor(t)
  const index = `${topic}-{yyyy.MM}`
  const node = testServers().elasticsearchNodes[0] as string
  closeAfter(t, async () => {
    await fetch(`${node}/${topic}-2026.11`, { method: 'DELETE' })
  })
  start(t, settingsFor(topic, { routes: [{ topics: [topic], index }] }))
  const names = [
    '',
    ' ',
    '.',
    'a..b',
    '.c',
    'd.',
    '__proto__',
    'constructor',
    '_id',
    '_index',
    '_source',
    '_type',
    '_routing',
  ]
  const odd = [
    ...names,
    '_doc_count',
    '_size',
    '_feature',
    '_field_names',
    '_ignored',
    '_version',
    '_seq_no',
    '_tier',
    '_nested_path',
  ]
  const objects: Document[] = odd.map((name) => ({ message: `name '${name}'`, [name]: { x: 1 }, [`${name}y`]: 1 }))
  objects.push(
    {
      message: 'scalars',
      host: 'h',
      log: 'l',
      event: 'e',
      labels: 'x',
      error: 'bad',
      tags: 'one',
      agent: 3,
      data_stream: 'd',
    },
    { message: 'surrogate \ud800', half: '\udc00' },
    { message: 'numbers', big: 2 ** 80, small: 5e-324, long: '12345678901234567890' },
    { message: 'lists', numbers: [[1, [2]]], objects: [{ a: [{ b: 1 }] }], empty: [], nothing: null, none: {} },
  )
  const records = objects.map((each): PlainRecord => ({
    value: Buffer.from(JSON.stringify({ '@timestamp': '2026-11-20T21:00:00Z', ...each })),
    timestampMs: Date.now(),
  }))
  await send(...records)
  const found = await documents(`${topic}-2026.11`, objects.length)
  assert.equal(found.size, objects.length)
  assert.deepEqual(found.get('scalars')?.['host'], { name: 'h' })
})

test('binary records of other producers are indexed as base64 where the settings say so', async (t) => {
  const { topic, send } = await topicFor(t)
  start(t, settingsFor(topic, { 'foreign.binary': 'base64' }))
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 256))
  await send({ value: bytes, timestampMs: Date.now() }, { value: Buffer.from('text') })
  const found = await documents(`logs-${topic}-default`, 2)
  assert.deepEqual(found.get(undefined)?.['original'], { base64: bytes.toString('base64') })
  assert.deepEqual(found.get(undefined)?.['tags'], ['_binary'])
})
