import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfter } from '@logpipe/testkit'
import { ElasticsearchClient } from './client.ts'
import { fakeElasticsearch } from './fake-server.ts'
import { setup } from './setup.ts'

// A stand-in: the server from Maven Central has no data stream API.
test('a retention that is taken out is followed, and told, until no stream has it any more', async (t) => {
  let template: object | null = null
  let stream: object = {}
  let mayChange = true
  const node = await fakeElasticsearch(t, ({ method, path, body }) => {
    if (path === '/_data_stream/logs-*-*') {
      const streams = [{ name: 'logs-a-default', template: 'logpipe-logs', lifecycle: stream }]
      return { status: 200, body: JSON.stringify({ data_streams: streams }) }
    }
    if (path.startsWith('/_data_stream/') && !mayChange) return { status: 403 }
    if (path.startsWith('/_data_stream/')) stream = JSON.parse(body.toString('utf8')) as object
    else if (method === 'PUT') template = JSON.parse(body.toString('utf8')) as object
    else if (template === null) return { status: 404 }
    else if (path === '/_index_template/logpipe-logs') {
      return { status: 200, body: JSON.stringify({ index_templates: [{ index_template: template }] }) }
    }
    return { status: 200 }
  })
  const client = new ElasticsearchClient({ nodes: [node], requestTimeoutMs: 5_000 })
  closeAfter(t, () => client.close())
  const keep = async (retention: string | null): ReturnType<typeof setup> =>
    await setup(client, { streamType: 'logs', retention, families: [] }, t.signal)

  await keep('7d')
  assert.deepEqual(stream, { data_retention: '7d' })
  mayChange = false
  for (let start = 0; start < 2; start++) assert.match((await keep(null)).retention?.left ?? '', /403/)
  assert.doesNotMatch(JSON.stringify(template), /data_retention/, 'new streams keep all')
  mayChange = true
  assert.deepEqual((await keep(null)).retention?.changed, ['logs-a-default'])
  assert.deepEqual(stream, {})
  assert.equal((await keep(null)).retention, null)
})
