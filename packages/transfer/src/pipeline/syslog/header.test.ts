import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLine } from '../test-event.ts'

test('a host whose name begins as a zone does is a host', () => {
  for (const line of ['2026-11-21 03:05:06 zeus sshd[1]: hi', '<13>2026-11-21T03:05:06 Zeus sshd[1]: hi']) {
    const event = runLine(line, { syslog: { content: 'log.content' } })
    assert.equal(String(event.get('host.hostname')).toLowerCase(), 'zeus', line)
    assert.deepEqual([event.timestampMs, event.get('log.content')], [Date.UTC(2026, 10, 21, 3, 5, 6), 'hi'])
  }
  const zoned = runLine('2026-11-21 03:05:06 Z web sshd[1]: hi', { syslog: {} })
  assert.deepEqual([zoned.timestampMs, zoned.get('host.hostname')], [Date.UTC(2026, 10, 21, 3, 5, 6), 'web'])
})

test('a time with a blank in it is none of RFC 5424: its half is no host', () => {
  const event = runLine('<14>1 2026-11-21 03:05:06 web app 12 - - m', { syslog: {} })
  assert.deepEqual(event.tags, ['_syslog_failure'])
  assert.equal(event.get('host.hostname'), undefined)
})

test('a year and a fraction may stand in one time, and a colon alone behind the host, as Cisco writes it', () => {
  const event = runLine('Nov 20 2026 22:14:15.123 fw01 : %ASA-6-302015: Built', { syslog: { content: 'log.content' } })
  assert.deepEqual(
    [event.timestampMs, event.get('host.hostname'), event.get('process.name'), event.get('log.content')],
    [Date.UTC(2026, 10, 20, 22, 14, 15, 123), 'fw01', '%ASA-6-302015', 'Built'],
  )
})
