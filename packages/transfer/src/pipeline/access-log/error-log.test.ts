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
