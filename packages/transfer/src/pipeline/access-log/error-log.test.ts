import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLine } from '../test-event.ts'

test("nginx's error log escapes nothing: quotes and backslashes in a request are of it", () => {
  const head = '2026/11/20 21:00:00 [error] 1#1: *5 x, client: 1.2.3.4, server: shop.example, '
  const requestOf = (tail: string): unknown[] => {
    const event = runLine(head + tail, { accessLog: { format: 'nginxError' } })
    return ['url.original', 'http.version', 'url.domain', 'http.request.referrer'].map((name) => event.get(name))
  }
  assert.deepEqual(requestOf('request: "GET /a"b\\" HTTP/1.1", host: "h.example:80", referrer: "http://r/"x\\"'), [
    '/a"b\\"',
    '1.1',
    'h.example',
    'http://r/"x\\',
  ])
  assert.deepEqual(requestOf('request: "GET /?q=\\", upstream: "http://u/", host: "h"'), [
    '/?q=\\',
    undefined,
    'h',
    undefined,
  ])
  assert.deepEqual(requestOf('request: "GET /cut'), [undefined, undefined, 'shop.example', undefined])
})

test('Apache 2.4 writes the port behind an address of IPv6, however short; what modules add is no client', () => {
  const sourceOf = (line: string): unknown => runLine(line, { accessLog: { format: 'apacheError' } }).get('source')
  const head = '[Sat Nov 21 03:00:00.123456 2026] [core:error] [pid 1] '
  const [address, ip] = ['2001:db8::1', '2001:db8::1']
  for (const port of [80, 5123, 51_234]) {
    assert.deepEqual(sourceOf(`${head}[client ${address}:${port}] x`), { address, ip, port })
    assert.deepEqual(sourceOf(`${head}[client ${address}:${port}] [client ${address}:7] x`), { address, ip, port })
  }
  assert.deepEqual(sourceOf(`${head}[client ${address}] x`), { address, ip })
  assert.deepEqual(sourceOf(`[Sat Nov 21 03:00:00 2026] [error] [client ${address}:80] x`), {
    address: `${address}:80`,
    ip: `${address}:80`,
  })
})
