import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../json-value.ts'
import { runLine } from '../test-event.ts'

function fieldsOf(format: string, line: string): JsonObject {
  return runLine(line, { accessLog: { format } }).fields
}

test('of a time span in several units the finest counts, in whichever order they stand', () => {
  for (const [format, line] of [
    ['%s %D %T', '200 1500 0'],
    ['%s %T/%D', '200 0/1500'],
    ['%s %D %{ms}T', '200 1500 1'],
  ] as const) {
    assert.deepEqual(fieldsOf(format, line)['event'], { duration: 1_500_000 }, format)
  }
  assert.deepEqual(fieldsOf('%s %T %{ms}T', '200 1 1234')['event'], { duration: 1_234_000_000 })
})

test('the times and addresses of several upstreams are one value, quoted or not', () => {
  const format = '$status $upstream_addr $upstream_status $upstream_response_time $request_time'
  const upstreams = (line: string): unknown => [
    (fieldsOf(format, line)['nginx'] as JsonObject)['access'],
    fieldsOf(format, line)['event'],
  ]
  assert.deepEqual(upstreams('200 10.0.0.1:80, 10.0.0.2:80 : unix:/s 502, 504 : 200 0.010, 0.005 : - 0.020'), [
    {
      upstream_addr: '10.0.0.1:80, 10.0.0.2:80 : unix:/s',
      upstream_status: '502, 504 : 200',
      upstream_response_duration: 15_000_000,
    },
    { duration: 20_000_000 },
  ])
  assert.deepEqual(upstreams('200 10.0.0.1:80 200 0.010 0.020'), [
    { upstream_addr: '10.0.0.1:80', upstream_status: '200', upstream_response_duration: 10_000_000 },
    { duration: 20_000_000 },
  ])
})

test('an IPv6 address in brackets ends behind them', () => {
  const request = '"GET / HTTP/1.1"'
  const format = '$host:$server_port "$request"'
  const urlOf = (host: string): unknown => [
    fieldsOf(format, `${host}:443 ${request}`)['url'],
    fieldsOf(format, `${host}:443 ${request}`)['destination'],
  ]
  for (const host of ['[2001:db8::1]', 'shop', '[open']) {
    assert.deepEqual(urlOf(host), [{ domain: host, original: '/' }, { port: 443 }])
  }
  const common = `[::1]:80 10.0.0.1 - - [20/Nov/2026:20:59:58 +0000] ${request} 200 5`
  assert.deepEqual(fieldsOf('apacheVhost', common)['url'], { domain: '[::1]', original: '/' })
})

test('the addresses that proxies forwarded are one value, quoted or not', () => {
  const line = '203.0.113.7, 10.0.0.1, 10.0.0.2 - bob [20/Nov/2026:21:00:00 +0000] 200'
  for (const format of [
    '%{X-Forwarded-For}i %l %u %t %s',
    '$http_x_forwarded_for - $remote_user [$time_local] $status',
  ]) {
    for (const forwarded of [line, line.replace(/,.*10.0.0.2/, '')]) {
      assert.deepEqual(
        fieldsOf(format, forwarded),
        {
          network: { forwarded_ip: '203.0.113.7' },
          user: { name: 'bob' },
          http: { response: { status_code: 200 } },
        },
        forwarded,
      )
    }
  }
  assert.deepEqual(fieldsOf('$proxy_add_x_forwarded_for $status', '203.0.113.7, 10.0.0.1 200'), {
    nginx: { access: { proxy_add_x_forwarded_for: '203.0.113.7, 10.0.0.1' } },
    http: { response: { status_code: 200 } },
  })
})

test('an address before a port may be one of IPv6, with brackets or without', () => {
  for (const [address, ip] of [
    ['2001:db8::1', '2001:db8::1'],
    ['::1', '::1'],
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
  ] as const) {
    for (const format of ['$remote_addr:$remote_port $status', '%a:%{remote}p %s']) {
      assert.deepEqual(
        fieldsOf(format, `${address}:51234 200`),
        { source: { address, ip, port: 51_234 }, http: { response: { status_code: 200 } } },
        `${format} ${address}`,
      )
    }
  }
})

test('tabs stand in a format as they do in the files of the servers', () => {
  for (const format of [String.raw`$remote_addr\t$status\t\"$request\"`, String.raw`%h\t%s\t\"%r\"`]) {
    assert.deepEqual(fieldsOf(format, '203.0.113.7\t200\t"GET /a b HTTP/1.1"'), {
      source: { address: '203.0.113.7', ip: '203.0.113.7' },
      http: { response: { status_code: 200 }, request: { method: 'GET' }, version: '1.1' },
      url: { original: '/a b' },
    })
  }
})
