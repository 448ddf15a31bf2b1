import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, readDocuments, testServers } from '@logpipe/testkit'
import { bulkOf, elasticsearchItems, logDocument } from '../../test-bulk.ts'
import { dataStreamPart } from '../../document/target.ts'
import { testSink } from '../sink.conformance.ts'
import { ElasticsearchSink } from './bulk.ts'
import { ElasticsearchClient } from './client.ts'

const never = new AbortController().signal

/**
 * A client, and an index with a mapping like ours that only this test uses. Plain ones: the server from Maven Central has no
 * way to delete data streams.
 */
async function testIndex(
  t: TestContext,
  compression: 'none' | 'gzip' = 'none',
): Promise<{ client: ElasticsearchClient; node: string; index: string }> {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const client = new ElasticsearchClient({ nodes: elasticsearchNodes, requestTimeoutMs: 30_000, compression })
  t.after(() => client.close())
  const index = randomName('sink')
  const mappings = { properties: { log: { type: 'object' } } }
  await elasticsearch(node, 'PUT', `/${index}`, { settings: { number_of_replicas: 0 }, mappings })
  t.after(() => elasticsearch(node, 'DELETE', `/${index}`))
  return { client, node, index }
}

for (const compression of ['none', 'gzip'] as const)
  testSink(`elasticsearch, compression ${compression}`, async (t) => {
    const { client, node, index } = await testIndex(t, compression)
    return {
      sink: new ElasticsearchSink(client),
      ...elasticsearchItems(index),
      messages: async () => {
        const messages: string[] = []
        for await (const { source } of readDocuments({ node, index })) messages.push(String(source['message']))
        return messages.sort()
      },
    }
  })

test('a name that no index may have rejects the one item, not the request', async (t) => {
  const { client, index } = await testIndex(t)
  const outcome = await new ElasticsearchSink(client).write(
    bulkOf([
      { index, id: 'a', source: logDocument('x') },
      { index: 'Not An Index', id: 'b', source: logDocument('x') },
    ]),
    never,
  )
  assert.equal(outcome.accepted, 1)
  assert.deepEqual(
    outcome.rejected.map(({ item, type }) => [item, type]),
    [[1, 'invalid_index_name_exception']],
  )
})

test('a request that Elasticsearch does not understand is told from one that it did not answer', async (t) => {
  const { client, index } = await testIndex(t)
  const bulk = bulkOf([{ index, id: 'a', source: logDocument('x') }])
  bulk.body.write('{"crea\n')
  await assert.rejects(new ElasticsearchSink(client).write(bulk, never), (error) =>
    isLogpipeError(error, 'elasticsearch_rejected'),
  )
  const nobody = new ElasticsearchClient({ nodes: ['http://user:secret@127.0.0.1:9'], requestTimeoutMs: 1_000 })
  t.after(() => nobody.close())
  await assert.rejects(new ElasticsearchSink(nobody).write(bulk, never), (error) => {
    assert.ok(isLogpipeError(error, 'elasticsearch_unavailable') && error.retriable)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})

test('Elasticsearch takes the names that we leave as they are', async (t) => {
  const { client, node, index } = await testIndex(t)
  const name = `${index}-${dataStreamPart("生产é@=%'🦊!~;^&$(){}[]")}`
  t.after(() => elasticsearch(node, 'DELETE', `/${encodeURIComponent(name)}`))
  const bulk = bulkOf([{ index: name, id: 'a', source: logDocument('x') }])
  const { accepted, rejected } = await new ElasticsearchSink(client).write(bulk, never)
  assert.deepEqual([accepted, rejected], [1, []])
})
