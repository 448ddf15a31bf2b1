import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PipelineEvent } from './event.ts'
import { pipelineOf, readMs, runLine } from './test-event.ts'

const agent = 'Mozilla/5.0 (X11; Linux x86_64)'
const head = '83.149.9.216 - frank [17/May/2015:10:05:03 +0200] "GET /a/b.png?x=1 HTTP/1.1" 200 203023'
const combined = `${head} "http://example.com/?q=%C3%A4" "${agent}"`
const commonFields = {
  source: { address: '83.149.9.216', ip: '83.149.9.216' },
  user: { name: 'frank' },
  http: {
    request: { method: 'GET' },
    version: '1.1',
    response: { status_code: 200, body: { bytes: 203_023 } },
  },
  url: { original: '/a/b.png?x=1' },
}
const combinedFields = {
  ...commonFields,
  http: { ...commonFields.http, request: { method: 'GET', referrer: 'http://example.com/?q=%C3%A4' } },
  user_agent: { original: agent },
}

function parse(line: string, format = 'nginx', more: object = {}): PipelineEvent {
  return runLine(line, { accessLog: { format, ...more } })
}

const lines: [name: string, format: string, line: string, fields: object][] = [
  ['common', 'nginx', head, commonFields],
  ['combined', 'nginx', combined, combinedFields],
  ['combined of Apache', 'apache', combined, combinedFields],
  [
    "combined and the forwarded address, which is nginx's own example",
    'nginx',
    `${combined} "10.0.0.1, 10.0.0.2"`,
    { ...combinedFields, network: { forwarded_ip: '10.0.0.1' } },
  ],
  ['combined and seconds', 'nginx', `${combined} 0.005`, { ...combinedFields, event: { duration: 5_000_000 } }],
  ['combined and microseconds', 'apache', `${combined} 5012`, { ...combinedFields, event: { duration: 5_012_000 } }],
  ['combined and what nobody knows', 'nginx', `${combined} rt=0.1 "x`, combinedFields],
  [
    'the virtual host in front',
    'apacheVhost',
    `shop.example.com:443 ${combined}`,
    {
      url: { domain: 'shop.example.com', ...combinedFields.url },
      destination: { port: 443 },
      ...without(combinedFields, 'url'),
    },
  ],
]
for (const [name, format, line, fields] of lines) {
  test(`a line is taken apart: ${name}`, () => {
    const event = parse(line, format)
    assert.deepEqual(event.fields, fields)
    assert.equal(new Date(event.timestampMs).toISOString(), '2015-05-17T08:05:03.000Z')
    assert.equal(event.message, line)
    assert.deepEqual(event.tags, [])
  })
}

function without<T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = object
  return rest
}

const requests: [request: string, fields: object][] = [
  ['-', {}],
  ['', {}],
  ['\\x16\\x03\\x01\\x00', {}],
  ['GET /a b HTTP/1.0', { http: { request: { method: 'GET' }, version: '1.0' }, url: { original: '/a b' } }],
  ['GET /old', { http: { request: { method: 'GET' } }, url: { original: '/old' } }],
  ['M-SEARCH * HTTP/1.1', { http: { request: { method: 'M-SEARCH' }, version: '1.1' }, url: { original: '*' } }],
  [
    'GET /\\xD0\\xB0\\x22\\x0a HTTP/2.0',
    { http: { request: { method: 'GET' }, version: '2.0' }, url: { original: '/а"\\x0A' } },
  ],
  [
    'GET /say\\"so\\" HTTP/1.1',
    { http: { request: { method: 'GET' }, version: '1.1' }, url: { original: '/say"so"' } },
  ],
]
for (const [request, fields] of requests) {
  test(`the request "${request}" becomes ${JSON.stringify(fields)}`, () => {
    const event = parse(`::1 - - [17/May/2015:10:05:03 +0200] "${request}" 400 -`)
    const { http = {}, ...expected } = fields as { http?: object }
    assert.deepEqual(event.fields, {
      source: { address: '::1', ip: '::1' },
      ...expected,
      http: { ...http, response: { status_code: 400 } },
    })
  })
}

test('names with blanks, sockets and addresses that are none are kept, and no field gets what its type refuses', () => {
  const event = parse('unix: - john doe [17/May/2015:10:05:03 +0200] "GET / HTTP/1.1" abc 12x "-" "a \\" b"')
  assert.equal(event.get('source.address'), 'unix:')
  assert.equal(event.get('source.ip'), undefined)
  assert.equal(event.get('user.name'), 'john doe')
  assert.equal(event.get('http.response'), undefined)
  assert.equal(event.get('http.request.referrer'), undefined)
  assert.equal(event.get('user_agent.original'), 'a " b')
})

test("a log_format of one's own is read; what ECS has no place for is kept under nginx.access", () => {
  const format =
    '$time_iso8601|$msec|$host|${server_name}|$request_time|"$upstream_response_time"|$upstream_addr|$connection|<$http_x_trace>'
  const event = parse(
    '2024-01-02T03:04:05+00:00|1704164645.123|shop:8080|_|0.010|"0.004, 0.006 : -"|u1, u2|77|<t-1>',
    format,
  )
  assert.deepEqual(event.fields, {
    url: { domain: 'shop', port: 8080 },
    event: { duration: 10_000_000 },
    nginx: {
      access: {
        upstream_response_duration: 10_000_000,
        upstream_addr: 'u1, u2',
        connection: '77',
        http_x_trace: 't-1',
      },
    },
  })
  assert.equal(event.timestampMs, 1_704_164_645_123)
})

test("a LogFormat of Apache's is read, as it stands in httpd.conf", () => {
  const format = '%v %h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %{ms}T %D %{Foo}C'
  const event = parse(`shop ${combined} 5 5012 bar`, format)
  assert.deepEqual(event.fields, {
    url: { domain: 'shop', ...combinedFields.url },
    ...without(combinedFields, 'url'),
    event: { duration: 5_012_000 },
    apache: { access: { foo: 'bar' } },
  })
})

const refused: [format: string, reason: RegExp][] = [
  ['$remote_addr$status', /format: .* nothing stands between remote_addr and status/],
  ['100 %%', /it has no variable/],
  ['%h %{%Y}t', /%\{%Y\}t is not known here/],
  ['%h %k', /%k is not known here/],
]
for (const [format, reason] of refused) {
  test(`the format '${format}' is refused with a sentence that helps`, () => {
    assert.throws(() => pipelineOf({ accessLog: { format } }), { code: 'settings_invalid', message: reason })
  })
}

const failures: [format: string, line: string, reason: string][] = [
  ['nginx', 'hello', 'accessLog: nothing that ends remote_addr (" ")'],
  ['nginx', `${head.slice(0, 60)}`, 'accessLog: nothing that ends request ("\\" ")'],
  ['[$status]', 'x', "accessLog: the line does not begin with '['"],
  ['[$status]', '[200', 'accessLog: nothing that ends status ("]")'],
  ['nginxError', '2015-05-17 10:05:03 [error] x', 'accessLog: the line does not begin with the time of an error log'],
  ['nginxError', '2015/05/17 10:05:03 error x', 'accessLog: no level stands behind the time'],
  [
    'apacheError',
    '[Sun Dec 04 04:47:44 2005] notice',
    'accessLog: the line does not begin with the time of an error log',
  ],
]
for (const [format, line, reason] of failures) {
  test(`a line of another format sets nothing and says why: ${reason}`, () => {
    const event = parse(line, format)
    assert.deepEqual(event.fields, { error: { message: reason } })
    assert.deepEqual(event.tags, ['_accessLog_failure'])
    assert.equal(event.timestampMs, readMs)
  })
}

test('a time that cannot be read is told, and the rest of the line is kept', () => {
  const event = parse(head.replace('17/May', '31/Feb'))
  assert.equal(event.get('error.message'), 'accessLog: the time of the line cannot be read')
  assert.equal(event.get('http.response.status_code'), 200)
  assert.equal(event.timestampMs, readMs)
})

test("nginx's error log is taken apart; its time is in the zone that is given", () => {
  const line =
    '2015/05/17 10:05:03 [error] 1234#5678: *99 open() "/x, host: y" failed (2: No such file), client: 2001:db8::1, server: _, request: "GET /x HTTP/1.1", host: "shop:8080", referrer: "http://a/"'
  const event = parse(line, 'nginxError', { zone: 'Europe/Berlin', content: 'log.content' })
  assert.equal(new Date(event.timestampMs).toISOString(), '2015-05-17T08:05:03.000Z')
  assert.deepEqual(event.fields, {
    log: { level: 'error', content: line.slice(line.indexOf('open()')) },
    process: { pid: 1234, thread: { id: 5678 } },
    nginx: { error: { connection_id: 99 } },
    source: { address: '2001:db8::1', ip: '2001:db8::1' },
    url: { domain: 'shop', original: '/x' },
    http: { request: { method: 'GET', referrer: 'http://a/' }, version: '1.1' },
  })
})

test("Apache's error log is taken apart, that of 2.4 and that of 2.2", () => {
  const fresh = parse(
    '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:1234] AH00123: File [x] is not there',
    'apacheError',
    { content: 'message' },
  )
  assert.equal(fresh.timestampMs, Date.parse('2011-09-09T10:42:29.902Z'))
  assert.equal(fresh.message, '[client 72.15.99.187:1234] AH00123: File [x] is not there')
  assert.deepEqual(fresh.fields, {
    log: { level: 'error' },
    apache: { error: { module: 'core' } },
    process: { pid: 35_708, thread: { id: 4_328_636_416 } },
    source: { address: '72.15.99.187', ip: '72.15.99.187', port: 1234 },
  })
  const old = parse('[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok', 'apacheError', { content: 'text' })
  assert.deepEqual(old.fields, { log: { level: 'notice' }, text: 'workerEnv.init() ok' })
})

test('what a server writes comes back field by field', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'B', '7', '.', '/', '"', '\\', 'é', '%'),
    minLength: 1,
    maxLength: 12,
  })
  // As Apache escapes it, by its own description: a quote and a backslash get a backslash.
  const escape = (text: string): string => text.replace(/["\\]/g, '\\$&')
  fc.assert(
    fc.property(
      word,
      word,
      word,
      fc.nat(),
      fc.integer({ min: 100, max: 599 }),
      (target, referrer, browser, bytes, status) => {
        fc.pre(referrer !== '-' && browser !== '-')
        const line = `::1 - - [17/May/2015:10:05:03 +0200] "PUT ${escape(target)} HTTP/1.1" ${status} ${bytes} "${escape(referrer)}" "${escape(browser)}"`
        const event = parse(line, 'apache')
        assert.equal(event.get('url.original'), target)
        assert.equal(event.get('http.response.status_code'), status)
        assert.equal(event.get('http.response.body.bytes'), bytes)
        assert.equal(event.get('http.request.referrer'), referrer)
        assert.equal(event.get('user_agent.original'), browser)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('any line is taken apart or says why: nothing throws, and the message stays', () => {
  const formats = [
    'nginx',
    'apache',
    'apacheVhost',
    'nginxError',
    'apacheError',
    '$time_local "$request" $x',
    '[%t] %h',
  ]
  const pipelines = formats.map((format) => pipelineOf({ accessLog: { format } }))
  const known = fc.constantFrom(
    combined,
    '[Sun Dec 04 04:47:44 2005] [a] [client x] [pid',
    '2015/05/17 10:05:03 [error] 1#2: *3 x, client: ", host: "',
  )
  const piece = fc.oneof(
    fc.constantFrom(' "', '" ', '[', '] ', '\\', '-', ' ', '\\x', ', host: "'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  const line = fc
    .tuple(known, fc.array(piece), fc.nat(150))
    .map(([text, pieces, cut]) => text.slice(0, cut) + pieces.join('') + text.slice(cut))
  fc.assert(
    fc.property(fc.oneof(line, fc.string({ unit: 'binary' })), (text) => {
      const event = runLine(text)
      for (const pipeline of pipelines) {
        assert.equal(pipeline.run(event), true)
        assert.doesNotMatch(String(event.get('error.message')), /fault of its own/)
        assert.equal(event.message, text)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a line without an end is not looked at for ever', () => {
  const evil = [
    `${head} ${'\\"'.repeat(250_000)}`,
    `${head} "${'\\'.repeat(500_000)}"`,
    `${'['.repeat(500_000)}`,
    `2015/05/17 10:05:03 [error] ${', host: "'.repeat(60_000)}`,
  ]
  const began = performance.now()
  for (const line of evil) for (const format of ['nginx', 'apacheError', 'nginxError']) parse(line, format)
  assert.ok(performance.now() - began < 5_000)
})
