import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PipelineEvent } from './event.ts'
import { pipelineOf, readMs, runLine } from './test-event.ts'

function parse(line: string, more: object = {}): PipelineEvent {
  return runLine(line, { syslog: { content: 'text', ...more } })
}

const lines: [line: string, time: string | null, fields: object][] = [
  [
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    '2026-10-11T20:14:15.000Z',
    {
      log: {
        syslog: {
          hostname: 'mymachine',
          appname: 'su',
          priority: 34,
          facility: { code: 4, name: 'security/authorization' },
          severity: { code: 2, name: 'Critical' },
        },
        level: 'critical',
      },
      host: { hostname: 'mymachine' },
      process: { name: 'su' },
      text: "'su root' failed for lonvick on /dev/pts/8",
    },
  ],
  [
    'Jun  9 06:06:01 combo sshd(pam_unix)[19939]: check: x',
    '2026-06-09T04:06:01.000Z',
    file('combo', 'sshd(pam_unix)', '19939', 'check: x'),
  ],
  [
    'Jun 19 04:09:11 combo syslogd 1.4.1: restart.',
    '2026-06-19T02:09:11.000Z',
    file('combo', 'syslogd 1.4.1', null, 'restart.'),
  ],
  [
    'Jul  7 08:06:15 combo  -- root[2421]: ROOT LOGIN',
    '2026-07-07T06:06:15.000Z',
    file('combo', '-- root', '2421', 'ROOT LOGIN'),
  ],
  [
    'Jul  7 08:06:15 combo last message repeated 2 times',
    '2026-07-07T06:06:15.000Z',
    file('combo', null, null, 'last message repeated 2 times'),
  ],
  ['Jul  7 08:06:15 su[7]: no host', '2026-07-07T06:06:15.000Z', file(null, 'su', '7', 'no host')],
  ['Jul  7 08:06:15 fe80::1 su: x', '2026-07-07T06:06:15.000Z', file('fe80::1', 'su', null, 'x')],
  [
    'Jul  7 2024 08:06:15: fw1 %ASA-6-302013: Built',
    '2024-07-07T06:06:15.000Z',
    file('fw1', '%ASA-6-302013', null, 'Built'),
  ],
  [
    '2024-01-02T03:04:05.123456+01:00 web postfix/smtpd[12]: connect',
    '2024-01-02T02:04:05.123Z',
    file('web', 'postfix/smtpd', '12', 'connect'),
  ],
  ['Jul  7 08:06:15.25 h systemd[1]: ', '2026-07-07T06:06:15.250Z', file('h', 'systemd', '1', '')],
]
function file(host: string | null, name: string | null, pid: string | null, text: string): object {
  const syslog = {
    ...(host === null ? {} : { hostname: host }),
    ...(name === null ? {} : { appname: name }),
    ...(pid === null ? {} : { procid: pid }),
  }
  return {
    log: { syslog },
    ...(host === null ? {} : { host: { hostname: host } }),
    ...(name === null ? {} : { process: { name, ...(pid === null ? {} : { pid: Number(pid) }) } }),
    text,
  }
}
for (const [line, time, fields] of lines) {
  test(`as everybody writes it: ${line}`, () => {
    const event = parse(line, { zone: 'Europe/Berlin' })
    assert.deepEqual(event.fields, fields)
    assert.equal(new Date(event.timestampMs).toISOString(), time)
    assert.equal(event.message, line)
  })
}

test('with a priority anything is a message', () => {
  const event = parse('<0>what is this')
  assert.equal(event.get('text'), 'what is this')
  assert.equal(event.get('log.level'), 'emergency')
  assert.equal(event.timestampMs, readMs)
})

test("RFC 5424's own example, its mark of UTF-8 and its structured data", () => {
  const event = parse(
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="A\\"p\\]p" ip="a" ip="b"][x] \uFEFFAn application event',
  )
  assert.equal(event.timestampMs, Date.parse('2003-10-11T22:14:15.003Z'))
  assert.deepEqual(event.fields, {
    log: {
      syslog: {
        version: '1',
        hostname: 'mymachine.example.com',
        appname: 'evntslog',
        msgid: 'ID47',
        structured_data: { 'exampleSDID@32473': { iut: '3', eventSource: 'A"p]p', ip: ['a', 'b'] }, x: {} },
        priority: 165,
        facility: { code: 20, name: 'local4' },
        severity: { code: 5, name: 'Notice' },
      },
      level: 'notice',
    },
    host: { hostname: 'mymachine.example.com' },
    process: { name: 'evntslog' },
    text: 'An application event',
  })
})

test('a header of nothing but hyphens leaves the time of the record', () => {
  const event = parse('<13>1 - - - - - -')
  assert.equal(event.timestampMs, readMs)
  assert.deepEqual(event.get('log.syslog'), {
    version: '1',
    priority: 13,
    facility: { code: 1, name: 'user-level' },
    severity: { code: 5, name: 'Notice' },
  })
  assert.equal(event.get('text'), '')
})

const failures: [line: string, reason: string][] = [
  ['hello', 'the line has no priority, and does not begin with a time of syslog'],
  ['Jun 31 06:06:01 combo x: y', 'the line has no priority, and does not begin with a time of syslog'],
  ['<999>Jun 1', 'the line has no priority, and does not begin with a time of syslog'],
  ['<13>1 2003-10-11T22:14:15Z h a p', 'the header of RFC 5424 is not whole'],
  ['<13>1 2003-10-11T22:14:15Z h  a p m - x', 'the header of RFC 5424 is not whole'],
  ['<13>1 Oct-11 h a p m - x', 'the time of the header is none of RFC 5424'],
  ['<13>1 - h a p m [x y="1] z', 'the structured data of the header are not whole'],
  ['<13>1 - h a p m [x]z', 'the structured data of the header are not whole'],
  ['<13>1 - h a p m x', 'the structured data of the header are not whole'],
]
for (const [line, reason] of failures) {
  test(`'${line}' sets nothing and says: ${reason}`, () => {
    const event = parse(line)
    assert.deepEqual(event.fields, { error: { message: `syslog: ${reason}` } })
    assert.equal(event.timestampMs, readMs)
  })
}

test('content may take the place of the message', () => {
  assert.equal(parse('Jun  9 06:06:01 combo su: x', { content: 'message' }).message, 'x')
  assert.equal(runLine('Jun  9 06:06:01 combo su: x', { syslog: {} }).get('text'), undefined)
})

const word = fc.string({
  unit: fc.constantFrom('a', 'Z', '7', '.', '/', '_', '%', '[', '='),
  minLength: 1,
  maxLength: 10,
})
const nil = fc.oneof(word, fc.constant(null))
const value = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', ']', '[', ' ', '='), maxLength: 8 })
const name = fc.stringMatching(/^[a-z]{1,5}$/)
const data = fc.dictionary(name, fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }), {
  maxKeys: 3,
  noNullPrototype: true,
})
const moment = fc.integer({ min: 0, max: Date.parse('2099-12-31') })

test('what is written by RFC 5424 comes back, field by field', () => {
  const escape = (text: string): string => text.replace(/["\\\]]/g, '\\$&')
  const write = (elements: Record<string, Record<string, string>>): string =>
    Object.entries(elements)
      .map(
        ([id, params]) =>
          `[${id}${Object.entries(params)
            .map(([key, text]) => ` ${key}="${escape(text)}"`)
            .join('')}]`,
      )
      .join('') || '-'
  fc.assert(
    fc.property(
      fc.record({
        priority: fc.integer({ min: 0, max: 191 }),
        ms: moment,
        host: nil,
        app: nil,
        proc: nil,
        id: nil,
        data,
        text: fc.string(),
      }),
      ({ priority, ms, host, app, proc, id, data: elements, text }) => {
        const head = [`<${priority}>1`, new Date(ms).toISOString(), host ?? '-', app ?? '-', proc ?? '-', id ?? '-']
        const event = parse(`${head.join(' ')} ${write(elements)} ${text}`)
        assert.equal(event.timestampMs, ms)
        assert.equal(event.get('log.syslog.priority'), priority)
        assert.equal(event.get('log.syslog.hostname') ?? null, host)
        assert.equal(event.get('log.syslog.appname') ?? null, app)
        assert.equal(event.get('log.syslog.procid') ?? null, proc)
        assert.equal(event.get('log.syslog.msgid') ?? null, id)
        assert.deepEqual(event.get('log.syslog.structured_data') ?? {}, { ...elements })
        assert.equal(event.get('text'), text.replace(/^\uFEFF/, ''))
      },
    ),
    { numRuns: 1_000 },
  )
})

test('what is written by RFC 3164 comes back; the year is found', () => {
  const tag = fc.stringMatching(/^[a-z][a-z/_.-]{0,8}$/)
  const host = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/)
  const near = fc.integer({ min: readMs - 363 * 86_400_000, max: readMs })
  fc.assert(
    fc.property(near, host, tag, fc.option(fc.nat()), fc.string(), (ms, machine, program, pid, text) => {
      const second = Math.floor(ms / 1_000) * 1_000
      const [, day = '', month = '', , time = ''] = new Date(second).toUTCString().split(' ')
      const id = pid === null ? '' : `[${pid}]`
      const event = parse(`${month} ${day.replace(/^0/, ' ')} ${time} ${machine} ${program}${id}: ${text}`)
      assert.equal(event.timestampMs, second)
      assert.equal(event.get('host.hostname'), machine)
      assert.equal(event.get('process.name'), program)
      assert.equal(event.get('process.pid') ?? null, pid)
      assert.equal(event.get('text'), text.replace(/^ +/, ''))
    }),
    { numRuns: 1_000 },
  )
})

test('any line is taken apart or says why: nothing throws, and the message stays', () => {
  const pipeline = pipelineOf({ syslog: { content: 'text' } })
  const head = fc.constantFrom(
    '<13>1 - h a p m [x y="1"] z',
    '<34>Oct 11 22:14:15 host su[1]: x',
    'Oct 11 22:14:15 ',
    '<13>1 2003-10-11T22:14:15.003Z ',
  )
  const piece = fc.oneof(
    fc.constantFrom(' ', '[', ']', '="', '"', '\\', ':', '<', '>', '-', '\uFEFF', '__proto__'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const line = fc
    .tuple(head, fc.array(piece), fc.nat(40))
    .map(([text, pieces, cut]) => text.slice(0, cut) + pieces.join('') + text.slice(cut))
  fc.assert(
    fc.property(fc.oneof(line, fc.string({ unit: 'binary' })), (text) => {
      const event = runLine(text)
      assert.equal(pipeline.run(event), true)
      assert.doesNotMatch(String(event.get('error.message')), /fault of its own/)
      assert.equal(event.message, text)
    }),
    { numRuns: 3_000 },
  )
})

test('a hostile line costs no more than its length', () => {
  const began = performance.now()
  for (const text of [
    `[x${' a="b"'.repeat(100_000)}]`,
    '['.repeat(500_000),
    `[x y="${'\\'.repeat(500_001)}`,
    `${'[x]'.repeat(200_000)} `,
  ]) {
    parse(`<13>1 - h a p m ${text}`)
    parse(`Oct 11 22:14:15 h ${text}`)
  }
  assert.ok(performance.now() - began < 2_000)
})

test('a message that begins with a number is no header of RFC 5424', () => {
  const event = runLine('<13>5 connections dropped', { syslog: { content: 'text' } })
  assert.deepEqual([event.get('text'), event.get('log.level'), event.tags], ['5 connections dropped', 'notice', []])
  assert.equal(runLine('<13>2 - h a p m -', { syslog: {} }).get('log.syslog.version'), '2')
})

test('a number before a colon makes no program of the word before it', () => {
  const event = runLine('Oct 11 22:14:15 web-1 error 404: not found', { syslog: { content: 'text' } })
  assert.deepEqual([event.get('text'), event.get('process')], ['error 404: not found', undefined])
})

test('names of structured data that JavaScript keeps for itself are not lost', () => {
  const event = runLine('<13>1 - h a - - [__proto__ a="1"][x __proto__="2" b="3"] m', { syslog: {} })
  assert.deepEqual(event.get('log.syslog.structured_data'), { _proto_: { a: '1' }, x: { _proto_: '2', b: '3' } })
})
