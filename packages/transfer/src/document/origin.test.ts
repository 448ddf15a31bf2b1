import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOrigin } from './origin.ts'

function labelsOf(fields: string): unknown {
  const header = Buffer.from(`{"id":"AAAAAAAAAAAAAAAA","fields":${fields}}`)
  return parseOrigin(header, 'web', { type: 'logs', namespace: 'default' })?.base['labels']
}

test('labels get names that Elasticsearch takes: it would refuse every line of the file else', () => {
  assert.deepEqual(labelsOf('{"team":"shop","app.tier":"web"}'), { team: 'shop', app_tier: 'web' })
  assert.deepEqual(labelsOf('{"":"a"}'), { _: 'a' })
  assert.deepEqual(labelsOf('{".":"a","b..c":"d","e.":"f"}'), { ___: 'a', b___c: 'd', e__: 'f' })
  assert.deepEqual(labelsOf('{"__proto__":"a","b":"c"}'), { _proto_: 'a', b: 'c' })
})

test('namespaces that a header names in letters beyond ASCII are two streams, not one', () => {
  const [one, other] = ['生产', '测试'].map((namespace) => {
    const header = Buffer.from(JSON.stringify({ id: 'AAAAAAAAAAAAAAAA', dataset: 'Äpfel', namespace }))
    return parseOrigin(header, 'web', { type: 'logs', namespace: 'default' })
  })
  assert.match(String(one?.action), /"_index":"logs-äpfel-生产"/)
  assert.match(String(other?.action), /"_index":"logs-äpfel-测试"/)
  assert.deepEqual(one?.base['data_stream'], { type: 'logs', dataset: 'äpfel', namespace: '生产' })
})
