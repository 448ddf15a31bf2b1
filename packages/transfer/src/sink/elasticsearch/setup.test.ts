import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { fakeElasticsearch } from './fake-server.ts'
import { ElasticsearchClient } from './client.ts'
import { ping, setup } from './setup.ts'
import { indexTemplate, templateName, templateVersion } from './template.ts'

const never = new AbortController().signal

function clientFor(t: TestContext, nodes: readonly string[]): ElasticsearchClient {
  const client = new ElasticsearchClient({ nodes, requestTimeoutMs: 30_000 })
  t.after(() => client.close())
  return client
}

interface Simulated {
  template: { settings: { index: { refresh_interval: string } }; mappings: { properties: Record<string, unknown> } }
}

test('the template is installed once, left as it is afterwards, and updated where it is older', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const client = clientFor(t, elasticsearchNodes)
  const type = randomName('setup')
  const path = `/_index_template/${templateName(type)}`
  t.after(() => elasticsearch(node, 'DELETE', path))

  const first = await setup(client, type, never)
  assert.equal(first.template, 'installed')
  assert.deepEqual(await setup(client, type, never), { template: 'kept', missing: [] })
  const simulated = await elasticsearch<Simulated>(
    node,
    'POST',
    `/_index_template/_simulate_index/${type}-web_log-default`,
  )
  assert.equal(simulated.template.settings.index.refresh_interval, '1s')
  assert.deepEqual(simulated.template.mappings.properties['log'], {
    properties: { offset: { type: 'long' }, file: { properties: { path: { type: 'keyword', ignore_above: 1_024 } } } },
  })

  await elasticsearch(node, 'PUT', path, { ...indexTemplate(type, new Set()), version: templateVersion - 1 })
  assert.equal((await setup(client, type, never)).template, 'updated')
})

test('a template of that name that is not ours is left alone', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const type = randomName('setup')
  const path = `/_index_template/${templateName(type)}`
  await elasticsearch(node, 'PUT', path, { index_patterns: [`${type}-*`], priority: 10 })
  t.after(() => elasticsearch(node, 'DELETE', path))
  assert.deepEqual(await setup(clientFor(t, elasticsearchNodes), type, never), { template: 'foreign', missing: [] })
})

test('what an older server does not take is left out, one by one, and named', async (t) => {
  const refuses = ['lifecycle', 'match_only_text']
  const bodies: string[] = []
  const node = await fakeElasticsearch(t, ({ method, body }) => {
    if (method === 'GET') return { status: 404 }
    const text = body.toString('utf8')
    bodies.push(text)
    const refused = refuses.find((feature) => text.includes(feature))
    return refused === undefined
      ? { status: 200, body: '{"acknowledged":true}' }
      : {
          status: 400,
          body: JSON.stringify({ error: { type: 'x_content_parse_exception', reason: `unknown field [${refused}]` } }),
        }
  })
  const result = await setup(clientFor(t, [node]), 'logs', never)
  assert.deepEqual(result, { template: 'installed', missing: ['match_only_text', 'lifecycle'] })
  assert.equal(bodies.length, 3)
  assert.match(bodies[2] as string, /ignore_dynamic_beyond_limit/)
})

test('a refusal that names nothing optional is an error with the server’s reason', async (t) => {
  const node = await fakeElasticsearch(t, ({ method }) =>
    method === 'GET'
      ? { status: 404 }
      : { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"same priority as another"}}' },
  )
  await assert.rejects(setup(clientFor(t, [node]), 'logs', never), (error) => {
    assert.ok(isLogpipeError(error, 'elasticsearch_rejected'))
    assert.match(error.message, /same priority as another/)
    return true
  })
})

test('ping takes an answer for an answer, also when our rights do not reach so far', async (t) => {
  await ping(clientFor(t, testServers().elasticsearchNodes), never)
  let status = 403
  const node = await fakeElasticsearch(t, () => ({ status }))
  await ping(clientFor(t, [node]), never)
  status = 503
  await assert.rejects(ping(clientFor(t, [node]), never), (error) => isLogpipeError(error, 'elasticsearch_unavailable'))
})
