import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { ElasticsearchClient } from './client.ts'
import { describeSetup } from './describe-setup.ts'
import { indexFamily } from './index-family.ts'
import { setup, type SetupOptions, type TemplateFate } from './setup.ts'
import { templateName } from './template.ts'

// Of templates whose patterns overlap, no two may have the same priority.

const never = new AbortController().signal

function clientFor(t: TestContext, nodes: readonly string[]): ElasticsearchClient {
  const client = new ElasticsearchClient({ nodes, requestTimeoutMs: 30_000 })
  t.after(() => client.close())
  return client
}

const plain = (streamType: string): SetupOptions => ({ streamType, retention: null, families: [] })

/** What became of each template, in order. */
const fates = ({ templates }: Awaited<ReturnType<typeof setup>>): TemplateFate[] => templates.map(({ fate }) => fate)

test('families of which one covers the other have templates of their own, each time', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const client = clientFor(t, elasticsearchNodes)
  const type = randomName('setup')
  const base = randomName('legacy')
  const patterns = [`${base}-{yyyy.MM.dd}`, `${base}-errors-{yyyy.MM.dd}`, `${base}-{yyyy}-errors`]
  const options = { ...plain(type), families: patterns.map(indexFamily) }
  const names = [templateName(type), `logpipe-${base}-x`, `logpipe-${base}-errors-x`, `logpipe-${base}-x-errors`]
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/${names.join(',')}`))
  assert.deepEqual(fates(await setup(client, options, never)), ['installed', 'installed', 'installed', 'installed'])
  assert.deepEqual(fates(await setup(client, options, never)), ['kept', 'kept', 'kept', 'kept'])
})

test('a foreign template of the same patterns and priority is named, with what to do', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const type = randomName('setup')
  const foreign = randomName('foreign')
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/${foreign}`))
  await elasticsearch(node, 'PUT', `/_index_template/${foreign}`, { index_patterns: [`${type}-*`], priority: 150 })
  await assert.rejects(setup(clientFor(t, elasticsearchNodes), plain(type), never), (error) => {
    assert.ok(isLogpipeError(error, 'elasticsearch_rejected'))
    assert.match(error.message, new RegExp(`${foreign}.*Give that one another priority.*setup: false`))
    return true
  })
})

test('foreign templates of a higher priority that cover our streams are told: ours has no effect beside them', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const client = clientFor(t, elasticsearchNodes)
  const type = randomName('setup')
  const [wide, narrow] = [randomName('wide'), randomName('narrow')]
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/${[templateName(type), wide, narrow].join(',')}`))
  await elasticsearch(node, 'PUT', `/_index_template/${wide}`, { index_patterns: [`${type}-*`], priority: 500 })
  const patterns = { index_patterns: [`${type}-nginx.access-*`], priority: 200 }
  await elasticsearch(node, 'PUT', `/_index_template/${narrow}`, patterns)
  for (const fate of ['installed', 'kept']) {
    const result = await setup(client, plain(type), never)
    assert.deepEqual([fates(result), result.above], [[fate], [wide]])
    assert.match(describeSetup(result), new RegExp(`has no effect.*: ${wide}\\.`))
  }
})
