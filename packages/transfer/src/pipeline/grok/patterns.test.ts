import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex } from '@logpipe/runtime/regex'
import { expandGrok } from './expand.ts'
import { knownPatterns } from './patterns.ts'

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
  ['QUOTEDSTRING', ['"a \\" b"', "'it'", '""', '`x y`'], ['"a', 'a"', '`a']],
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
  ['WINPATH', ['C:\\Windows\\x.log', '\\\\share\\dir', 'C:\\Program Files\\x y.log'], ['/a']],
  ['URI', ['http://user:pw@example.com:8080/a/b?x=1&y=2', 'file:///etc/passwd'], ['example.com/a']],
  ['URIPATHPARAM', ['/a/b?c=d'], ['a/b']],
  [
    'MONTH',
    [
      'Jan',
      'September',
      'Sep',
      'Sept',
      'jan',
      'december',
      'Mär',
      'Mrz',
      'März',
      'Mai',
      'Juni',
      'juli',
      'Okt',
      'Dezember',
    ],
    ['Janu', '1', 'Dec.', 'Ju'],
  ],
  ['SYSLOGTIMESTAMP', ['okt 11 22:14:15'], ['11 okt 22:14:15']],
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
  [
    'LOGLEVEL',
    ['INFO', 'warn', 'Warning', 'error', 'FATAL', 'Notice', 'INF', 'Inf', 'WAR', 'ER', 'CRI'],
    ['LOUD', 'IN'],
  ],
  ['TIMESTAMP_CN', ['2024-01-02 03:04:05.678'], ['2024-01-02 03:04:05', '2024-01-02T03:04:05.678']],
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

/** All of `grok-patterns`, the file that Logstash and Elasticsearch begin with; those of programs are in files of their own there. */
const usual = `USERNAME USER EMAILLOCALPART EMAILADDRESS INT BASE10NUM NUMBER BASE16NUM BASE16FLOAT POSINT NONNEGINT WORD NOTSPACE SPACE DATA
  GREEDYDATA QUOTEDSTRING UUID URN MAC CISCOMAC WINDOWSMAC COMMONMAC IPV6 IPV4 IP HOSTNAME IPORHOST HOSTPORT PATH UNIXPATH TTY WINPATH URIPROTO
  URIHOST URIPATH URIQUERY URIPARAM URIPATHPARAM URI MONTH MONTHNUM MONTHNUM2 MONTHDAY DAY YEAR HOUR MINUTE SECOND TIME DATE_US DATE_EU
  ISO8601_TIMEZONE ISO8601_SECOND TIMESTAMP_ISO8601 TIMESTAMP_CN DATE DATESTAMP TZ DATESTAMP_RFC822 DATESTAMP_RFC2822 DATESTAMP_OTHER
  DATESTAMP_EVENTLOG SYSLOGTIMESTAMP PROG SYSLOGPROG SYSLOGHOST SYSLOGFACILITY HTTPDATE QS SYSLOGBASE LOGLEVEL`

test('every name of the usual set is known', () => {
  for (const name of usual.split(/\s+/)) assert.ok(Object.hasOwn(knownPatterns, name), name)
})

test('every known pattern is one that RE2 takes', () => {
  for (const name of Object.keys(knownPatterns)) compileRegex(expandGrok(`%{${name}}`, {}).regex, 1_200)
})
