import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { countDocuments } from './documents.ts'
import { type BulkFault, ElasticsearchProxy } from './elasticsearch-proxy.ts'
import { closeAfter } from './closing.ts'
import { randomName, testServers } from './servers.ts'

const [node = ''] = testServers().elasticsearchNodes
const items = ['a', 'b', 'c', 'd']

interface Asked {
  /** 0 where there was no whole answer. */
  status: number
  text: string
  /** Documents that the real index has then. */
  documents: number
}

/** Sends a bulk of four documents through a proxy in which it meets this fault. */
async function bulk(t: TestContext, fault: BulkFault | null): Promise<Asked> {
  const index = randomName('testkit')
  closeAfter(t, () => fetch(new URL(`/${index}?ignore_unavailable=true`, node), { method: 'DELETE' }).then(() => {}))
  const proxy = await ElasticsearchProxy.start(t, node)
  proxy.play({ before: () => fault })
  const body = items.map((id) => `{"create":{"_index":"${index}","_id":"${id}"}}\n{"name":"${id}"}\n`).join('')
  const headers = { 'content-type': 'application/x-ndjson' }
  const url = new URL('/_bulk?refresh=true&filter_path=errors,items.*.status,items.*.error.type', proxy.url)
  const signal = AbortSignal.timeout(fault?.kind === 'mute' ? 2_000 : 20_000)
  const asked = await fetch(url, { method: 'POST', headers, body, signal })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch(() => ({ status: 0, text: '' }))
  assert.equal(proxy.bulks, 1)
  return { ...asked, documents: await countDocuments(node, index) }
}

const created = '{"create":{"status":201}}'

test('a bulk without a fault is done and answered by the real server', async (t) => {
  const { status, text, documents } = await bulk(t, null)
  assert.deepEqual([status, documents], [200, 4])
  assert.equal(text, `{"errors":false,"items":[${[created, created, created, created].join()}]}`)
})

test('a refused bulk never reaches the server', async (t) => {
  const { status, text, documents } = await bulk(t, { kind: 'refused', status: 503, body: 'busy' })
  assert.deepEqual([status, text, documents], [503, 'busy', 0])
})

test('items that are hit never reach the server, which does the others; each answer stands in its place', async (t) => {
  const isHit = (item: Buffer): boolean => item.includes('"b"') || item.includes('"d"')
  const { status, text, documents } = await bulk(t, { kind: 'items', status: 429, type: 'x', reason: 'y', isHit })
  const hit = '{"create":{"status":429,"error":{"type":"x","reason":"y"}}}'
  assert.deepEqual([status, documents], [200, 2])
  assert.equal(text, `{"errors":true,"items":[${[created, hit, created, hit].join()}]}`)
})

for (const kind of ['reset', 'mute', 'cut'] as const) {
  test(`${kind}: the server has done it, and there is no whole answer`, async (t) => {
    const { status, text, documents } = await bulk(t, { kind })
    assert.deepEqual([status, text, documents], [0, '', 4])
  })
}

test('garbled: the server has done it, and its answer is no JSON', async (t) => {
  const { status, text, documents } = await bulk(t, { kind: 'garbled' })
  assert.deepEqual([status, documents], [200, 4])
  assert.throws(() => JSON.parse(text), SyntaxError)
})

test('short: the server has done it, and its answer lacks an item', async (t) => {
  const { status, text, documents } = await bulk(t, { kind: 'short' })
  assert.deepEqual([status, documents], [200, 4])
  assert.equal(text, `{"errors":false,"items":[${[created, created, created].join()}]}`)
})
