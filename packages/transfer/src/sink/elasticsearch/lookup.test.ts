import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { fakeElasticsearch } from './fake-server.ts'
import { ElasticsearchClient } from './client.ts'
import { indexFamily } from './index-family.ts'
import { ElasticsearchLookup } from './lookup.ts'

const never = new AbortController().signal
const node = (): string => testServers().elasticsearchNodes[0] as string

function clientFor(t: TestContext, nodes: readonly string[]): ElasticsearchClient {
  const client = new ElasticsearchClient({ nodes, requestTimeoutMs: 30_000 })
  t.after(() => client.close())
  return client
}

/** The name of a data stream of this test. Streams stay: the server from Maven Central has no way to delete them. */
async function streamName(): Promise<string> {
  const type = randomName('lookup')
  const template = { index_patterns: [`${type}-*`], priority: 900, data_stream: {} }
  const settings = { number_of_replicas: 0, refresh_interval: '-1' }
  await elasticsearch(node(), 'PUT', `/_index_template/${type}`, { ...template, template: { settings } })
  // In use by its streams, it cannot go; so that it does no harm it has a pattern of its own.
  return `${type}-a`
}

/** Writes documents that no search sees yet. */
async function write(index: string, ...ids: string[]): Promise<void> {
  const document = { '@timestamp': '2026-01-01T00:00:00Z' }
  for (const id of ids) await elasticsearch(node(), 'PUT', `/${index}/_create/${id}`, document)
}

test('ids are found in all backing indices at once, also those that no search saw yet', async (t) => {
  const stream = await streamName()
  const lookup = new ElasticsearchLookup(clientFor(t, [node()]))
  assert.deepEqual(await lookup.indices([stream], never), new Map([[stream, []]]))
  assert.deepEqual(await lookup.find([stream], ['a'], 0, never), [])
  await write(stream, 'a', 'both')
  await elasticsearch(node(), 'POST', `/${stream}/_rollover`)
  await write(stream, 'b', 'both')
  // A stream whose name only begins like it is another one.
  await write(`${stream}2`, 'c')
  const [first = '', second = ''] = (await lookup.indices([stream], never)).get(stream) ?? []
  assert.match(first, /-000001$/)
  assert.match(second, /-000002$/)
  const found = await lookup.find([stream], ['a', 'b', 'c', 'both', 'nowhere'], 0, never)
  assert.deepEqual(found.map(({ id, index }) => `${id} ${index}`).sort(), [
    `a ${first}`,
    `b ${second}`,
    `both ${first}`,
    `both ${second}`,
  ])

  await lookup.remove([{ id: 'both', index: second }], never)
  await lookup.remove([{ id: 'both', index: second }], never)
  assert.deepEqual(await lookup.find([stream], ['both'], 0, never), [{ id: 'both', index: first }])
})

test('many targets and many ids are asked for in several requests', async (t) => {
  const stream = await streamName()
  const lookup = new ElasticsearchLookup(clientFor(t, [node()]))
  await write(stream, 'x1', 'x5999')
  const targets = [...Array.from({ length: 30 }, (_, i) => `${stream}-none-${'n'.repeat(200)}${i}`), stream]
  assert.equal((await lookup.indices(targets, never)).get(stream)?.length, 1)
  const ids = Array.from({ length: 6_000 }, (_, i) => `x${i}`)
  const found = await lookup.find([stream], ids, 0, never)
  assert.deepEqual(found.map(({ id }) => id).sort(), ['x1', 'x5999'])
})

test('indices of a dated family are asked together; another that only fits the wildcard does not count', async (t) => {
  const base = randomName('legacy')
  const family = { wildcard: `${base}-*`, holds: (name: string) => /-\d{4}$/.test(name) && name.startsWith(base) }
  const lookup = new ElasticsearchLookup(clientFor(t, [node()]), [family])
  t.after(() => elasticsearch(node(), 'DELETE', `/${base}-2025,${base}-old`))
  await write(`${base}-2025`, 'a')
  await write(`${base}-old`, 'b')
  const indices = await lookup.indices([`${base}-2026`, `${base}-2025`], never)
  assert.deepEqual(indices.get(`${base}-2026`), [`${base}-2025`, `${base}-2026`])
  assert.deepEqual(indices.get(`${base}-2025`), [`${base}-2025`])
  assert.deepEqual(await lookup.find([`${base}-2026`], ['a'], 0, never), [{ id: 'a', index: `${base}-2025` }])
})

test('an alias that is rolled over (ILM) is all of its indices: a copy in a former one is found', async (t) => {
  const base = randomName('rolled')
  const lookup = new ElasticsearchLookup(clientFor(t, [node()]), [indexFamily(base)])
  t.after(() => elasticsearch(node(), 'DELETE', `/${base}-000001,${base}-000002`))
  const index = (isWritten: boolean): object => ({ aliases: { [base]: { is_write_index: isWritten } } })
  await elasticsearch(node(), 'PUT', `/${base}-000001`, index(true))
  assert.deepEqual(await lookup.indices([base], never), new Map([[base, [`${base}-000001`]]]))
  await write(base, 'a')
  await elasticsearch(node(), 'POST', `/${base}/_rollover`)
  assert.deepEqual((await lookup.indices([base], never)).get(base), [`${base}-000001`, `${base}-000002`])
  assert.deepEqual(await lookup.find([base], ['a', 'b'], 0, never), [{ id: 'a', index: `${base}-000001` }])
})

test('bulks that the cluster is still carrying out, whoever sent them, are waited for before the search; new ones are not', async (t) => {
  const lists = [['a', 'b'], ['b', 'c'], ['b'], ['d']]
  const asked: string[] = []
  const fake = await fakeElasticsearch(t, ({ path }) => {
    asked.push(path.replace(/\?.*/, ''))
    if (path.startsWith('/_tasks')) {
      const tasks = Object.fromEntries((lists.shift() ?? []).map((id) => [`n:${id}`, { id }]))
      return { status: 200, body: JSON.stringify({ nodes: { n: { tasks } } }) }
    }
    return { status: 200, body: '{"timed_out":false,"_shards":{"failed":0}}' }
  })
  const lookup = new ElasticsearchLookup(clientFor(t, [fake]))
  await lookup.find(['s'], ['a'], 0, never)
  const search = ['/s/_refresh', '/s/_search']
  assert.deepEqual(asked.splice(0), ['/_tasks', '/_tasks', '/_tasks', '/_tasks', ...search])
  // What was sent before is done by now; what is sent later is waited for again.
  await lookup.find(['s'], ['a'], 0, never)
  assert.deepEqual(asked.splice(0), search)
  await lookup.find(['s'], ['a'], performance.now(), never)
  assert.deepEqual(asked, ['/_tasks', ...search])
})

test('where the cluster does not tell its bulks, the search goes ahead', async (t) => {
  const fake = await fakeElasticsearch(t, ({ path }) =>
    path.startsWith('/_tasks') ? { status: 403 } : { status: 200, body: '{"timed_out":false,"_shards":{"failed":0}}' },
  )
  assert.deepEqual(await new ElasticsearchLookup(clientFor(t, [fake])).find(['s'], ['a'], 0, never), [])
})

test('an answer that left shards out, or none, means that nothing is known; missing rights are told', async (t) => {
  let answer = { status: 200, body: '{"timed_out":false,"_shards":{"failed":1}}' }
  const fake = await fakeElasticsearch(t, () => answer)
  const lookup = new ElasticsearchLookup(clientFor(t, [fake]))
  const unknown = (error: unknown): boolean => isLogpipeError(error, 'elasticsearch_unavailable') && error.retriable
  await assert.rejects(lookup.find(['s'], ['a'], 0, never), unknown)
  answer = { status: 503, body: '{}' }
  await assert.rejects(lookup.find(['s'], ['a'], 0, never), unknown)
  answer = { status: 200, body: '{"timed_out":false' }
  await assert.rejects(lookup.find(['s'], ['a'], 0, never), unknown)
  answer = { status: 403, body: '{}' }
  await assert.rejects(lookup.indices(['s'], never), /rights read, view_index_metadata and maintenance/)
})

test('a page of hits that is full is asked for in halves', async (t) => {
  const asked: number[] = []
  const fake = await fakeElasticsearch(t, ({ path, body }) => {
    if (!path.includes('_search')) return { status: 200, body: '{"_shards":{"failed":0}}' }
    const { query } = JSON.parse(body.toString('utf8')) as { query: { ids: { values: string[] } } }
    const { values } = query.ids
    asked.push(values.length)
    // Each id stands in 6,000 indices.
    const hits = values.flatMap((_id) => Array.from({ length: 6_000 }, (_, i) => ({ _id, _index: `i${i}` })))
    return {
      status: 200,
      body: JSON.stringify({ timed_out: false, _shards: { failed: 0 }, hits: { hits: hits.slice(0, 10_000) } }),
    }
  })
  const found = await new ElasticsearchLookup(clientFor(t, [fake])).find(['s'], ['a', 'b'], 0, never)
  assert.deepEqual(asked, [2, 1, 1])
  assert.equal(found.length, 12_000)
})

test('many targets whose names are long once they are in an address are asked for in parts', async (t) => {
  const lookup = new ElasticsearchLookup(clientFor(t, [node()]))
  // 100 bytes each; in an address each byte takes three.
  const targets = Array.from({ length: 12 }, (_, number) => `lookup-${'生产'.repeat(16)}-${'测试'.repeat(16)}${number}`)
  const none = new Map(targets.map((target) => [target, []]))
  assert.deepEqual(await lookup.indices(targets, never), none)
  assert.deepEqual(await lookup.find(targets, ['a'], 0, never), [])
})
