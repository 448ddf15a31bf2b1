import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfter, countDocuments, elasticsearch, randomName, TcpProxy, testServers } from '@logpipe/testkit'
import { bulkOf, logDocument } from '../../test-bulk.ts'
import { RetryingSink } from '../retrying.ts'
import { ElasticsearchSink } from './bulk.ts'
import { ElasticsearchClient } from './client.ts'

const requestTimeoutMs = 1_000
const documents = 100
const documentBytes = 6_000

test('a bulk that takes longer than the deadline to send gets there: each late try of it has twice the time', async (t) => {
  const [node = ''] = testServers().elasticsearchNodes
  const proxy = await TcpProxy.start(t, node)
  const client = new ElasticsearchClient({ nodes: [`http://${proxy.address}`], requestTimeoutMs })
  closeAfter(t, () => client.close())
  const index = randomName('sink')
  closeAfter(t, async () => void (await elasticsearch(node, 'DELETE', `/${index}`)))
  await elasticsearch(node, 'PUT', `/${index}`)
  const source = logDocument('x'.repeat(documentBytes))
  const bulk = bulkOf(Array.from({ length: documents }, (_, i) => ({ index, id: String(i), source })))
  // Twice as long as the deadline, and half as long as the longest.
  proxy.setBandwidth(bulk.byteLength / 2)

  const sink = new RetryingSink(new ElasticsearchSink(client), { backoff: { baseMs: 1, maxMs: 5 } })
  const outcome = await sink.write(bulk, AbortSignal.timeout(20_000))
  assert.equal(outcome.accepted, documents)
  assert.ok(bulk.attempts <= 3, `${bulk.attempts} tries`)
  await elasticsearch(node, 'POST', `/${index}/_refresh`)
  assert.equal(await countDocuments(node, index), documents)
})
