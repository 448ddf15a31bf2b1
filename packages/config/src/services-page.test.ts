import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseService } from './collect.ts'
import { keysOf, parseKey } from './keys.ts'
import { openTestStore, testEndpoints } from './test-store.ts'

const page = readFileSync(new URL('../../../docs/services.md', import.meta.url), 'utf8')
const registered = '/logpipe/collect/services/shop/10.0.0.7:8080'

test('what docs/services.md lets an application write is a service with one entry', () => {
  const values = [...page.matchAll(/\{"host".*\]\}/g)].map(([value]) => value)
  assert.equal(values.length, 3)
  for (const value of values) {
    const parsed = parseService(value, registered, (host) => host === '10.0.0.7')
    assert.deepEqual(['entries' in parsed && parsed.entries.length, parsed.faults], [1, []])
  }
  assert.deepEqual(parseKey('/logpipe', registered), { kind: 'service', service: 'shop', instance: '10.0.0.7:8080' })
  assert.equal(page.split(registered).length - 1, 2)
})

test('the calls of docs/services.md register an instance under a lease, renew it and end it', async (t) => {
  const { store, prefix } = await openTestStore(t)
  const calls = [...page.matchAll(/^.*curl -sf \$etcd\/(\S+) -d "(.*?[^\\])"/gm)]
  const written = [...page.matchAll(/\$\(printf %s '(.*)' \| base64/g)].map(([, text = '']) => text)
  assert.deepEqual(
    calls.map(([, path]) => path),
    ['v3/lease/grant', 'v3/kv/put', 'v3/lease/keepalive', 'v3/lease/revoke'],
  )
  const [key = '', value = ''] = written.map((text) => base64(text.replace('/logpipe/', `${prefix}/`)))
  let lease = ''
  const standing: number[] = []
  for (const [, path, body = ''] of calls) {
    const words: Record<string, string> = { key, value, lease }
    const data = body.replaceAll('\\"', '"').replaceAll(/\$(\w+)/g, (_, name: string) => words[name] ?? '')
    const response = await fetch(`${testEndpoints()[0]}/${path}`, { method: 'POST', body: data })
    const answer = await response.text()
    assert.equal(response.status, 200, answer)
    // As the page takes it out of the answer.
    lease = /.*"ID":"([0-9]*)".*/.exec(answer)?.[1] ?? lease
    const { items } = await store.list(keysOf(prefix, 'service'))
    standing.push(items.length)
    for (const item of items) assert.deepEqual([item.lease, item.value], [lease, written[1]])
  }
  assert.deepEqual(standing, [0, 1, 1, 0])
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
