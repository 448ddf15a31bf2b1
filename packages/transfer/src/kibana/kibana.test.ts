import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { elasticsearch, randomName, runProgram, testServers } from '@logpipe/testkit'
import { loadSettings } from '@logpipe/config'
import { describeImport, importSavedObjects } from './import.ts'
import { setUpKibana } from './setup.ts'
import { type SavedObject, savedObjects, toNdjson } from './saved-objects.ts'

interface Asked {
  path: string
  headers: Record<string, unknown>
  objects: SavedObject[]
}

/**
 * A stand-in for Kibana's import, since there is no Kibana here: it keeps objects by type and id, as the API's documentation
 * says. That a real one takes these very objects is not shown by this test.
 */
async function fakeKibana(t: TestContext, status = 200): Promise<{ url: string; asked: Asked[]; kept: Set<string> }> {
  const asked: Asked[] = []
  const kept = new Set<string>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const { url: path = '', headers } = request
      const file = /\r\n\r\n([^]*?)\r\n--/.exec(body)?.[1] ?? ''
      const objects = file
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as SavedObject)
      asked.push({ path, headers, objects })
      const isNew = ({ type, id }: SavedObject): boolean => !kept.has(`${type}:${id}`)
      const errors = objects
        .filter((object) => !isNew(object))
        .map(({ type, id }) => ({ type, id, error: { type: 'conflict' } }))
      const created = objects.filter(isNew)
      for (const { type, id } of created) kept.add(`${type}:${id}`)
      response.writeHead(status, { 'content-type': 'application/json' })
      const answer = { success: errors.length === 0, successCount: created.length, errors }
      response.end(JSON.stringify(status === 200 ? answer : { statusCode: status, message: 'Not so.' }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, kept }
}

test('deploy/kibana/logpipe.ndjson holds the objects that setup imports', () => {
  const file = readFileSync(new URL('../../../../deploy/kibana/logpipe.ndjson', import.meta.url), 'utf8')
  assert.equal(file, toNdjson(savedObjects('logs-*-*')), 'node --conditions=logpipe-source scripts/kibana-objects.ts')
})

test('every object that another refers to is among them, under the name that it is called by', () => {
  const objects = savedObjects('logs-*-*,legacy-*')
  const known = new Set(objects.map(({ type, id }) => `${type}:${id}`))
  assert.equal(known.size, objects.length)
  for (const { attributes, references } of objects) {
    for (const { type, id } of references) assert.ok(known.has(`${type}:${id}`), id)
    const meta = attributes['kibanaSavedObjectMeta'] as { searchSourceJSON: string } | undefined
    const { indexRefName } = JSON.parse(meta?.searchSourceJSON ?? '{}') as { indexRefName?: string }
    if (indexRefName !== undefined) assert.ok(references.some(({ name }) => name === indexRefName))
    const panels = JSON.parse(String(attributes['panelsJSON'] ?? '[]')) as {
      panelIndex: string
      panelRefName: string
    }[]
    for (const { panelIndex, panelRefName } of panels) {
      assert.ok(references.some(({ name }) => name === `${panelIndex}:${panelRefName}`))
    }
  }
})

test('objects are created once; those that are there stay, and both are told', async (t) => {
  const kibana = await fakeKibana(t)
  const objects = toNdjson(savedObjects('logs-*-*'))
  const options = { url: `${kibana.url}/base/`, space: 'ops', username: 'u', password: 'p' }
  const first = await importSavedObjects(options, objects, t.signal)
  assert.deepEqual(first, { created: 7, kept: [], refused: [] })
  kibana.kept.delete('search:logpipe-lines')
  const second = await importSavedObjects(options, objects, t.signal)
  assert.equal(
    describeImport(second),
    "Kibana's saved objects: 1 created, 6 there already (delete them in Kibana to get ours again).",
  )
  const asked = kibana.asked[0]
  assert.equal(asked?.path, '/base/s/ops/api/saved_objects/_import')
  assert.equal(asked?.headers['kbn-xsrf'], 'logpipe')
  assert.equal(asked?.headers['authorization'], `Basic ${Buffer.from('u:p').toString('base64')}`)
})

test('a refusal, a server that is no Kibana, and none at all are told apart', async (t) => {
  const objects = toNdjson(savedObjects('logs-*-*'))
  const { url } = await fakeKibana(t, 403)
  await assert.rejects(importSavedObjects({ url, apiKey: 'secret' }, objects, t.signal), (error) => {
    assert.ok(isLogpipeError(error, 'kibana_rejected'))
    assert.match(error.message, /403 \(Not so\.\)\. Check the credentials/)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
  const other = createServer((_, response) => void response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => other.close(resolve)))
  const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const away = (error: unknown): boolean => isLogpipeError(error, 'kibana_unavailable')
  await assert.rejects(importSavedObjects({ url: there }, objects, t.signal), away)
  await assert.rejects(importSavedObjects({ url: 'http://127.0.0.1:9' }, objects, t.signal), away)
})

test('objects that Kibana refuses are a failure, so that nobody takes the setup for done', async (t) => {
  const errors = [{ type: 'search', id: 'logpipe-lines', error: { type: 'missing_references' } }]
  const server = createServer((_, response) => void response.end(JSON.stringify({ successCount: 6, errors })))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  const flags = {
    'kafka.brokers': '127.0.0.1:9',
    'kafka.topics': 'a',
    'elasticsearch.nodes': 'http://127.0.0.1:9',
    'kibana.url': `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  const loaded = loadSettings('transfer', { env: {}, flags })
  assert.ok(loaded.ok)
  await assert.rejects(setUpKibana(loaded.settings, t.signal), (error) => {
    assert.ok(isLogpipeError(error, 'kibana_rejected'))
    assert.match(error.message, /6 created, 1 refused: search logpipe-lines: missing_references/)
    return true
  })
})

test('logtransfer setup does it all and can be repeated', async (t) => {
  const kibana = await fakeKibana(t)
  const node = testServers().elasticsearchNodes[0] as string
  const type = randomName('setup')
  const base = randomName('legacy')
  t.after(() => elasticsearch(node, 'DELETE', `/_index_template/logpipe-${type},logpipe-${base}-x`))
  const routes = JSON.stringify([{ topics: ['a'], index: `${base}-{yyyy.MM.dd}` }])
  const flags = ['--kafka.brokers', '127.0.0.1:9', '--kafka.topics', 'a', '--elasticsearch.nodes', node]
  const more = ['--elasticsearch.dataStream.type', type, '--elasticsearch.dataStream.retention', '30d']
  const args = ['setup', ...flags, ...more, '--routes', routes, '--kibana.url', kibana.url]
  const first = await runProgram('logtransfer', { args })
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, new RegExp(`logpipe-${type} for ${type}-\\*-\\* was installed`))
  assert.match(first.stdout, new RegExp(`logpipe-${base}-x for ${base}-\\* was installed`))
  assert.match(first.stdout, /7 created/)
  assert.equal(kibana.asked[0]?.objects[0]?.attributes['title'], `${type}-*-*,${base}-*`)
  const second = await runProgram('logtransfer', { args })
  assert.equal(second.code, 0, second.stderr)
  assert.match(second.stdout, /is there already[^]*is there already[^]*7 there already/)
})
