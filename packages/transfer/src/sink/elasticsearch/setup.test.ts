import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { fakeElasticsearch } from './fake-server.ts'
import { ElasticsearchClient } from './client.ts'
import { describeSetup } from './describe-setup.ts'
import { indexFamily } from './index-family.ts'
import { ping, setup, type SetupOptions, type TemplateFate } from './setup.ts'
import { optionalFeatures, streamTemplate, templateName, templateVersion } from './template.ts'

const never = new AbortController().signal

function clientFor(t: TestContext, nodes: readonly string[]): ElasticsearchClient {
  const client = new ElasticsearchClient({ nodes, requestTimeoutMs: 30_000 })
  t.after(() => client.close())
  return client
}

const plain = (streamType: string): SetupOptions => ({ streamType, retention: null, families: [] })

/** What became of each template, in order. */
const fates = ({ templates }: Awaited<ReturnType<typeof setup>>): TemplateFate[] => templates.map(({ fate }) => fate)

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

  assert.deepEqual(fates(await setup(client, plain(type), never)), ['installed'])
  const second = await setup(client, plain(type), never)
  // The server from Maven Central lacks the module.
  assert.deepEqual([fates(second), second.missing, second.retention], [['kept'], ['match_only_text'], null])
  assert.match(describeSetup(second), /is there already\. This server does not take match_only_text: /)
  const simulated = await elasticsearch<Simulated>(
    node,
    'POST',
    `/_index_template/_simulate_index/${type}-web_log-default`,
  )
  assert.equal(simulated.template.settings.index.refresh_interval, '1s')
  assert.deepEqual(simulated.template.mappings.properties['log'], {
    properties: {
      offset: { type: 'long', index: false },
      file: { properties: { path: { type: 'keyword', ignore_above: 1_024 } } },
    },
  })

  await elasticsearch(node, 'PUT', path, {
    ...streamTemplate(type, null).body(new Set()),
    version: templateVersion - 1,
  })
  assert.deepEqual(fates(await setup(client, plain(type), never)), ['updated'])
})

test('what has no index is searched for all the same', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const type = randomName('setup')
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/${templateName(type)}`))
  // Has the same mapping as a data stream, and can be deleted on this server.
  const family = indexFamily(`${type}x{yyyy}`)
  const index = `${type}x2026`
  const path = `/_index_template/logpipe-${family.wildcard.replace('*', 'x')}`
  t.after(async () => {
    await elasticsearch(node, 'DELETE', `/${index}`)
    await elasticsearch(node, 'DELETE', path)
  })
  await setup(clientFor(t, elasticsearchNodes), { ...plain(type), families: [family] }, never)
  const names = { type, dataset: 'web', namespace: 'default' }
  const event = { created: '2026-01-02T03:04:05Z', ingested: '2026-01-02T03:04:06Z' }
  await elasticsearch(node, 'PUT', `/${index}/_create/1?refresh=true`, {
    '@timestamp': event.created,
    log: { offset: 17 },
    data_stream: names,
    event,
  })
  const found = async (query: object): Promise<number> =>
    (await elasticsearch<{ count: number }>(node, 'POST', `/${index}/_count`, { query })).count
  const range = (field: string, gte: number | string, lt: number | string): object => ({
    range: { [field]: { gte, lt } },
  })
  assert.equal(await found(range('log.offset', 17, 18)), 1)
  assert.equal(await found(range('log.offset', 18, 99)), 0)
  for (const [name, time] of Object.entries(event)) {
    assert.equal(await found(range(`event.${name}`, time, '2027-01-01')), 1)
    assert.equal(await found(range(`event.${name}`, '2027-01-01', '2028-01-01')), 0)
  }
  for (const [name, value] of Object.entries(names)) {
    assert.equal(await found({ term: { [`data_stream.${name}`]: value } }), 1)
    assert.equal(await found({ term: { [`data_stream.${name}`]: `${value}x` } }), 0)
  }
})

test('an older server, which does not find what has no index, gets an index of all', () => {
  assert.match(JSON.stringify(streamTemplate('logs', null).body(new Set(optionalFeatures))), /"index":false/)
  assert.doesNotMatch(JSON.stringify(streamTemplate('logs', null).body(new Set(['lifecycle']))), /"index":false/)
})

test('what a template says of itself is never null: Elasticsearch would make no data stream of it', () => {
  for (const madeFor of [null, '9.1.0']) {
    const { _meta: meta } = streamTemplate('logs', null).body(new Set(), madeFor) as { _meta: Record<string, unknown> }
    assert.ok(
      Object.values(meta).every((value) => value !== null && value !== undefined),
      JSON.stringify(meta),
    )
  }
})

test('a template of that name that is not ours is left alone', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const type = randomName('setup')
  const path = `/_index_template/${templateName(type)}`
  await elasticsearch(node, 'PUT', path, { index_patterns: [`${type}-*`], priority: 10 })
  t.after(() => elasticsearch(node, 'DELETE', path))
  assert.deepEqual(fates(await setup(clientFor(t, elasticsearchNodes), plain(type), never)), ['foreign'])
})

test('what an older server does not take is left out, one by one, and named each time, until a newer one takes it', async (t) => {
  let version = '7.17.0'
  let refuses = ['lifecycle', 'match_only_text']
  let stored: object | null = null
  let puts: string[] = []
  const node = await fakeElasticsearch(t, ({ method, path, body }) => {
    if (path === '/') return { status: 200, body: JSON.stringify({ version: { number: version } }) }
    if (method === 'GET') {
      const templates = { index_templates: [{ index_template: stored }] }
      return stored === null ? { status: 404 } : { status: 200, body: JSON.stringify(templates) }
    }
    const { _meta: meta, ...template } = JSON.parse(body.toString('utf8')) as { _meta: object }
    puts.push(JSON.stringify(template))
    const refused = refuses.find((feature) => JSON.stringify(template).includes(feature))
    if (refused === undefined) {
      stored = { ...template, _meta: meta }
      return { status: 200, body: '{"acknowledged":true}' }
    }
    const error = { type: 'x_content_parse_exception', reason: `unknown field [${refused}]` }
    return { status: 400, body: JSON.stringify({ error }) }
  })
  const client = clientFor(t, [node])
  for (const [fate, tries] of [
    ['installed', 3],
    ['kept', 0],
  ]) {
    puts = []
    const result = await setup(client, plain('logs'), never)
    assert.deepEqual([fates(result), result.missing], [[fate], ['match_only_text', 'lifecycle']])
    assert.match(
      describeSetup(result),
      /^The index template .*\. This server does not take match_only_text: .*\. This server .* lifecycle: /,
    )
    assert.equal(puts.length, tries)
  }
  assert.match(JSON.stringify(stored), /ignore_dynamic_beyond_limit/)

  version = '9.1.0'
  refuses = ['match_only_text']
  const newer = await setup(client, plain('logs'), never)
  assert.deepEqual([fates(newer), newer.missing], [['updated'], ['match_only_text']])
  assert.deepEqual(fates(await setup(client, plain('logs'), never)), ['kept'])
  refuses = []
  version = '9.2.0'
  assert.deepEqual((await setup(client, plain('logs'), never)).missing, [])
})

test('a refusal that names nothing optional is an error with the server’s reason', async (t) => {
  const node = await fakeElasticsearch(t, ({ method }) =>
    method === 'GET'
      ? { status: 404 }
      : { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"same priority as another"}}' },
  )
  await assert.rejects(setup(clientFor(t, [node]), plain('logs'), never), (error) => {
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

interface Installed {
  index_templates: [{ index_template: { template: { lifecycle?: object; mappings?: object }; data_stream?: object } }]
}

test('a retention is put into the template, followed where it changes, and taken out again', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const client = clientFor(t, elasticsearchNodes)
  const type = randomName('setup')
  const path = `/_index_template/${templateName(type)}`
  t.after(() => elasticsearch(node, 'DELETE', path))
  const lifecycle = async (): Promise<unknown> =>
    (await elasticsearch<Installed>(node, 'GET', path)).index_templates[0].index_template.template.lifecycle
  const keeping = (retention: string | null): SetupOptions => ({ ...plain(type), retention })

  assert.deepEqual(fates(await setup(client, keeping('30d'), never)), ['installed'])
  assert.deepEqual(await lifecycle(), { enabled: true, data_retention: '30d' })
  assert.deepEqual(fates(await setup(client, keeping('30d'), never)), ['kept'])
  assert.deepEqual(fates(await setup(client, keeping('7d'), never)), ['updated'])
  assert.deepEqual(await lifecycle(), { enabled: true, data_retention: '7d' })
  assert.deepEqual(fates(await setup(client, keeping(null), never)), ['updated'])
  assert.deepEqual(await lifecycle(), { enabled: true })
})

test('where the server cannot change existing streams, that is said', async (t) => {
  const { elasticsearchNodes } = testServers()
  const type = randomName('setup')
  t.after(() => elasticsearch(elasticsearchNodes[0] as string, 'DELETE', `/_index_template/${templateName(type)}`))
  const result = await setup(clientFor(t, elasticsearchNodes), { ...plain(type), retention: '30d' }, never)
  // The server from Maven Central has no data stream API.
  assert.match(describeSetup(result), /could not be changed \(GET \/_data_stream\/.* was answered with 40\d/)
})

// A stand-in: the server from Maven Central has no data stream API.
test('streams that our template made follow the retention; those of others and those that have it are left alone', async (t) => {
  const made = { template: 'logpipe-logs', lifecycle: { data_retention: '7d' } }
  const streams = [
    { name: 'logs-a-default', ...made },
    { name: 'logs-b-default', ...made, lifecycle: { data_retention: '30d' } },
    { name: 'logs-c-default', ...made, template: 'logs' },
    { name: 'logs-d-default', template: 'logpipe-logs' },
  ]
  const puts: string[] = []
  const meta = { managed_by: 'logpipe', made_from: { retention: '30d' } }
  const node = await fakeElasticsearch(t, ({ method, path, body }) => {
    if (method === 'PUT') puts.push(`${path} ${body.toString('utf8')}`)
    if (method === 'PUT') return { status: path.includes('-d-') ? 403 : 200 }
    return path.startsWith('/_data_stream/')
      ? { status: 200, body: JSON.stringify({ data_streams: streams }) }
      : {
          status: 200,
          body: JSON.stringify({ index_templates: [{ index_template: { version: templateVersion, _meta: meta } }] }),
        }
  })
  const result = await setup(clientFor(t, [node]), { ...plain('logs'), retention: '30d' }, never)
  assert.deepEqual(fates(result), ['kept'])
  assert.deepEqual(puts, [
    '/_data_stream/logs-a-default/_lifecycle {"data_retention":"30d"}',
    '/_data_stream/logs-d-default/_lifecycle {"data_retention":"30d"}',
  ])
  assert.deepEqual(result.retention?.changed, ['logs-a-default'])
  assert.match(result.retention?.left ?? '', /403/)
})

test('dated indices get our mapping; where only too wide a wildcard tells them, the template is left out', async (t) => {
  const { elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const type = randomName('setup')
  const base = randomName('legacy')
  const families = [indexFamily(`${base}-{yyyy.MM.dd}`), indexFamily('{yyyy}-x')]
  const names = [templateName(type), `logpipe-${base}-x`]
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/${names.join(',')}`))
  const result = await setup(clientFor(t, elasticsearchNodes), { ...plain(type), families }, never)
  assert.deepEqual(fates(result), ['installed', 'installed', 'tooWide'])

  const index = `${base}-2026.11.21`
  t.after(() => elasticsearch(node, 'DELETE', `/${index}`))
  await elasticsearch(node, 'PUT', `/${index}/_create/a`, { '@timestamp': '2026-11-21T00:00:00Z', host: { ip: '::1' } })
  const mapping = await elasticsearch<Record<string, { mappings: { properties: { host: unknown } } }>>(
    node,
    'GET',
    `/${index}/_mapping`,
  )
  const keyword = { type: 'keyword', ignore_above: 1_024 }
  assert.deepEqual(mapping[index]?.mappings.properties.host, { properties: { ip: { type: 'ip' }, name: keyword } })
})
