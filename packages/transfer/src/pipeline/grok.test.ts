import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex } from '@logpipe/runtime/regex'
import fc from 'fast-check'
import type { PipelineEvent } from './event.ts'
import { expandGrok } from './grok/expand.ts'
import { knownPatterns } from './grok/patterns.ts'
import { pipelineOf, runLine } from './test-event.ts'

function grok(line: string, patterns: string | string[], definitions: Record<string, string> = {}): PipelineEvent {
  return runLine(line, { grok: { patterns: typeof patterns === 'string' ? [patterns] : patterns, definitions } })
}

/** Whether the known pattern takes the whole text. */
function isWhole(name: string, text: string): boolean {
  const { regex } = expandGrok(`^%{${name}}$`, {})
  return compileRegex(regex, 4_000).test(text)
}

const samples: [name: string, whole: string[], not: string[]][] = [
  ['INT', ['7', '-12', '+3'], ['1.5', 'x']],
  ['NUMBER', ['7', '-12.75', '.5'], ['1.2.3', '1e5']],
  ['BASE16NUM', ['0xDEADbeef', 'ff'], ['xyz']],
  ['POSINT', ['10'], ['0', '-1']],
  ['WORD', ['under_score9'], ['two words', 'a-b']],
  ['NOTSPACE', ['a-b/c'], ['a b']],
  ['QUOTEDSTRING', ['"a \\" b"', "'it'", '""'], ['"a', 'a"']],
  ['UUID', ['550e8400-e29b-41d4-a716-446655440000'], ['550e8400e29b41d4a716446655440000']],
  ['MAC', ['00:1a:2B:3c:4d:5e', '00-1A-2b-3c-4d-5e', '001a.2b3c.4d5e'], ['00:1a:2b:3c:4d']],
  ['IPV4', ['1.2.3.4', '255.255.255.255', '0.0.0.0'], ['256.1.1.1', '1.2.3', '1.2.3.4.']],
  [
    'IPV6',
    ['::', '::1', 'fe80::1%eth0', '2001:db8::8a2e:370:7334', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'],
    ['10:05:03', '1:2:3:4:5:6:7', 'x::'],
  ],
  ['IP', ['1.2.3.4', '::1'], ['localhost']],
  ['HOSTNAME', ['localhost', 'a-b.example.com', 'web_1'], ['-a', 'a b']],
  ['IPORHOST', ['1.2.3.4', '::1', 'web-1.example.com'], ['a b']],
  ['HOSTPORT', ['web:80', '1.2.3.4:8080'], ['web']],
  ['EMAILADDRESS', ['a.b+c@example.com'], ['@example.com', 'a b@c']],
  ['UNIXPATH', ['/', '/var/log/a b.log'.replace(' ', '_'), '/a/{b}'], ['a/b']],
  ['WINPATH', ['C:\\Windows\\x.log', '\\\\share\\dir'], ['/a']],
  ['URI', ['http://user:pw@example.com:8080/a/b?x=1&y=2', 'file:///etc/passwd'], ['example.com/a']],
  ['URIPATHPARAM', ['/a/b?c=d'], ['a/b']],
  ['MONTH', ['Jan', 'September', 'Sep', 'Sept'], ['Janu', '1']],
  ['DAY', ['Mon', 'Sunday'], ['Mo']],
  ['TIME', ['23:59:59', '1:02:03.456', '10:05:03,123'], ['24:00:00', '10:60:00']],
  [
    'TIMESTAMP_ISO8601',
    ['2024-01-02T03:04:05.678Z', '2024-01-02 03:04:05,678', '2024-01-02T03:04:05+01:00', '2024-01-02 03:04'],
    ['2024-13-02 03:04', '02.01.2024'],
  ],
  ['DATE', ['12/31/2024', '31.12.2024', '31-12-24'], ['2024/12/31']],
  ['HTTPDATE', ['17/May/2015:10:05:03 +0000'], ['17/05/2015:10:05:03 +0000']],
  ['SYSLOGTIMESTAMP', ['Jun  9 06:06:01', 'Oct 11 22:14:15'], ['9 Jun 06:06:01']],
  ['DATESTAMP_RFC2822', ['Mon, 2 Jan 2006 15:04:05 -0700'], ['Mon 2 Jan 2006']],
  ['DATESTAMP_OTHER', ['Mon Jan 2 15:04:05 CET 2006'], ['Mon']],
  ['LOGLEVEL', ['INFO', 'warn', 'Warning', 'error', 'FATAL', 'Notice'], ['LOUD']],
  ['PROG', ['postfix/smtpd', 'sshd(pam_unix)'], ['a b', 'a[1]']],
  ['JAVACLASS', ['org.example.Main$1', 'Main'], ['1a', 'a..b']],
  ['JAVAMETHOD', ['<init>', 'main', 'lambda$0'], ['a.b']],
]
for (const [name, whole, not] of samples) {
  test(`${name} takes ${whole.join(' ')} and not ${not.join(' ')}`, () => {
    for (const text of whole) assert.ok(isWhole(name, text), text)
    for (const text of not) assert.ok(!isWhole(name, text), text)
  })
}

test('every known pattern is one that RE2 takes', () => {
  for (const name of Object.keys(knownPatterns)) compileRegex(expandGrok(`%{${name}}`, {}).regex, 1_200)
})

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
