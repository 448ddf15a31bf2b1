import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PipelineEvent } from './event.ts'
import { pipelineOf, runLine } from './test-event.ts'

function grok(line: string, patterns: string | string[], definitions: Record<string, string> = {}): PipelineEvent {
  return runLine(line, { grok: { patterns: typeof patterns === 'string' ? [patterns] : patterns, definitions } })
}

const combined =
  '83.149.9.216 - frank [17/May/2015:10:05:03 +0000] "GET /a.png?x HTTP/1.1" 200 2032 "http://a.example/" "Mozilla/5.0 (X11)"'

test('COMBINEDAPACHELOG gives the fields of ECS', () => {
  const event = grok(combined, '^%{COMBINEDAPACHELOG}$')
  assert.deepEqual(event.fields, {
    source: { address: '83.149.9.216' },
    user: { name: 'frank' },
    timestamp: '17/May/2015:10:05:03 +0000',
    http: {
      request: { method: 'GET', referrer: 'http://a.example/' },
      version: '1.1',
      response: { status_code: 200, body: { bytes: 2_032 } },
    },
    url: { original: '/a.png?x' },
    user_agent: { original: 'Mozilla/5.0 (X11)' },
  })
})

const whole: [name: string, line: string, fields: object][] = [
  [
    'COMMONAPACHELOG',
    '::1 - - [17/May/2015:10:05:03 +0000] "\\x16" 400 -',
    {
      source: { address: '::1' },
      timestamp: '17/May/2015:10:05:03 +0000',
      http: { request: { line: '\\x16' }, response: { status_code: 400 } },
    },
  ],
  [
    'SYSLOGLINE',
    'Jun  9 06:06:01 combo sshd(pam_unix)[19939]: check pass; user unknown',
    {
      timestamp: 'Jun  9 06:06:01',
      host: { hostname: 'combo' },
      process: { name: 'sshd(pam_unix)', pid: 19_939 },
      log: { content: 'check pass; user unknown' },
    },
  ],
  [
    'SYSLOG5424LINE',
    '<165>1 2003-10-11T22:14:15.003Z web evntslog - ID47 [x@1 a="b"] hi',
    {
      log: { syslog: { priority: 165, version: '1', msgid: 'ID47' }, content: 'hi' },
      timestamp: '2003-10-11T22:14:15.003Z',
      host: { hostname: 'web' },
      process: { name: 'evntslog' },
    },
  ],
  [
    'HTTPD_ERRORLOG',
    '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:80] no file',
    {
      timestamp: 'Fri Sep 09 10:42:29.902022 2011',
      apache: { error: { module: 'core' } },
      log: { level: 'error', content: 'no file' },
      process: { pid: 35_708, thread: { id: 4_328_636_416 } },
      source: { address: '72.15.99.187', port: 80 },
    },
  ],
  [
    'JAVASTACKTRACEPART',
    '\tat org.example.Main$1.<init>(Main.java:42)',
    {
      java: { log: { origin: { class: { name: 'org.example.Main$1' } } } },
      log: { origin: { function: '<init>', file: { name: 'Main.java', line: 42 } } },
    },
  ],
]
for (const [name, line, fields] of whole) {
  test(`${name} takes a line of its kind apart`, () => {
    assert.deepEqual(grok(line, `^%{${name}}$`).fields, fields)
  })
}

test('fields are named a.b or [a][b]; types make numbers and booleans, and what is none is left out', () => {
  const pattern =
    '^%{INT:a.n:int} %{NUMBER:[a][f]:float} %{WORD:ok:boolean} %{NOTSPACE:bad:int} (?<rest__text>.*) %{DATA:nothing}$'
  assert.deepEqual(grok('12 1.5 TRUE x y z ', pattern).fields, {
    a: { n: 12, f: 1.5 },
    ok: true,
    rest: { text: 'y z' },
  })
})

test('a whole number that a double cannot hold keeps its digits as text', () => {
  const event = grok('9007199254740993 +9223372036854775807 1e400', '%{INT:id:int} %{INT:n:long} %{NOTSPACE:f:int}')
  assert.deepEqual(event.fields, { id: '9007199254740993', n: '9223372036854775807' })
})

test('a word that JavaScript keeps for itself is no truth value', () => {
  for (const word of ['__proto__', 'constructor']) {
    assert.deepEqual(grok(`${word} yes`, '%{WORD:ok:boolean} %{WORD:b:boolean}').fields, { b: true })
  }
})

test("definitions of one's own come before the known ones, and may use them and each other", () => {
  const definitions = { QUEUE: '[0-9A-F]{10,11}', WHERE: '%{QUEUE:q}@%{HOST}', HOST: '(?>[a-z]+)' }
  assert.deepEqual(grok('x 0123456789@web', '%{WHERE:place}$', definitions).fields, {
    place: '0123456789@web',
    q: '0123456789',
  })
})

test('patterns are tried in their order; a field in several alternatives gets what took part', () => {
  const patterns = ['^a=%{INT:a}$', '^(?:x %{INT:v}|y %{WORD:v})$']
  assert.deepEqual(grok('y seven', patterns).fields, { v: 'seven' })
  assert.deepEqual(grok('a=1', patterns).fields, { a: '1' })
  const event = grok('b=1', patterns)
  assert.deepEqual(event.fields, { error: { message: 'grok: none of the patterns matches' } })
  assert.deepEqual(event.tags, ['_grok_failure'])
})

const refused: [pattern: string, definitions: Record<string, string>, reason: RegExp][] = [
  ['%{IPV5:x}', {}, /^processors\[0\]\.grok: patterns\[0\]: there is no pattern IPV5; did you mean IPV[46]\?\.$/],
  ['%{A}', { A: 'x%{B}', B: '%{A}' }, /A refers to itself \(A → B → A\)/],
  ['%{WORD:a b}', {}, /'%\{WORD:a b\}' is none of %\{NAME\}/],
  ['%{WORD:a..b}', {}, /'a\.\.b' is no name of a field/],
  ['%{WORD:a:ip}', {}, /'ip' is none of the types int, float, boolean and string/],
  ['(?<=x)%{INT:a}', {}, /lookarounds are not supported/],
  [
    '%{P9}',
    Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`P${i}`, i === 0 ? 'abcdefgh' : `%{P${i - 1}}`.repeat(10)]),
    ),
    /grows beyond 65536 characters/,
  ],
  ['(%{INT:a}', {}, /missing closing \)/],
]
for (const [pattern, definitions, reason] of refused) {
  test(`${pattern} is refused with a sentence that helps`, () => {
    assert.throws(() => pipelineOf({ grok: { patterns: [pattern], definitions } }), {
      code: 'settings_invalid',
      message: reason,
    })
  })
}

test('any line is taken apart or says why: nothing throws, and the message stays', () => {
  const names = ['COMBINEDAPACHELOG', 'SYSLOGLINE', 'HTTPD_ERRORLOG', 'TOMCATLOG', 'SYSLOG5424LINE']
  const pipelines = names.map((name) => pipelineOf({ grok: { patterns: [`%{${name}}`] } }))
  const piece = fc.oneof(
    fc.constantFrom('"', '[', ']', ' - ', '1.2.3.4', '::', 'GET /', ' 200 ', 'Jun  9 06:06:01', ':', '<1>1 '),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const line = fc.oneof(
    fc.array(piece).map((pieces) => pieces.join('')),
    fc.tuple(fc.nat(120), piece).map(([at, text]) => combined.slice(0, at) + text + combined.slice(at)),
  )
  fc.assert(
    fc.property(line, (text) => {
      const event = runLine(text)
      for (const pipeline of pipelines) {
        assert.equal(pipeline.run(event), true)
        assert.doesNotMatch(String(event.get('error.message')), /fault of its own/)
        assert.equal(event.message, text)
      }
    }),
    { numRuns: 500 },
  )
})

test('any text is a pattern or is refused in a sentence', () => {
  const piece = fc.constantFrom(
    '%{',
    '}',
    'WORD',
    'INT',
    ':',
    'a',
    '.',
    '[a]',
    '(?<',
    '>',
    '(',
    ')',
    '|',
    '*',
    '\\',
    'int',
    '__',
  )
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (pattern) => {
        fc.pre(pattern !== '')
        try {
          grok('a 1 b', pattern)
        } catch (error) {
          assert.ok(error instanceof Error)
          assert.match(error.message, /^processors\[0\]\.grok: patterns\[0\]: .+\.$/s)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test('an event of several lines is taken whole by GREEDYMULTILINE, and by (?m) as in Logstash', () => {
  const line = 'ERROR boom\n\tat a.b(C.java:1)\n\tat d'
  for (const pattern of [
    '^%{LOGLEVEL:log.level} %{GREEDYMULTILINE:log.content}$',
    '(?m)^%{LOGLEVEL:log.level} %{GREEDYDATA:log.content}$',
    '(?im:^%{LOGLEVEL:log.level} %{GREEDYDATA:log.content}$)',
  ]) {
    const { fields } = runLine(line, { grok: { patterns: [pattern] } })
    assert.deepEqual(fields, { log: { level: 'ERROR', content: line.slice(6) } }, pattern)
  }
  const each = runLine('a\nkey=1\nb', { grok: { patterns: ['(?m)^key=%{INT:n}$'] } })
  assert.deepEqual(each.fields, { n: '1' })
})
