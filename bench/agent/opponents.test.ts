import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuFromTime } from './kcat.ts'
import { parseNames } from '../lib/names.ts'
import { kinds } from './kinds.ts'
import { rsyslogSettings } from './rsyslog-settings.ts'
import { readVersion } from './version.ts'

test("CPU seconds are read from bash's time, whatever the program printed", () => {
  assert.equal(cpuFromTime('% Auto-selecting\nbench-cpu-seconds 1.250 0.500\n'), 1.75)
  assert.equal(cpuFromTime('kcat: no such broker\n'), null)
})

test("an opponent's version and its librdkafka are told, as far as it tells them", () => {
  assert.equal(
    readVersion('kcat', 'Version 1.7.1 (JSON, Transactions, librdkafka 2.0.2 builtin.features=gzip)'),
    'kcat 1.7.1 (librdkafka 2.0.2)',
  )
  assert.equal(readVersion('rsyslogd', 'rsyslogd  8.2302.0 (aka 2023.02) compiled with:'), 'rsyslogd 8.2302.0')
  assert.equal(readVersion('kcat', 'unknown option'), 'kcat')
})

test('names in its settings are quoted, so that no path can end a setting', () => {
  const settings = rsyslogSettings({ folder: '/a"b', brokers: ['h:1', 'h:2'], topic: 't', files: '/in/*.log' })
  assert.match(settings, /workDirectory="\/a\\"b"/)
  assert.match(settings, /broker=\["h:1", "h:2"\]/)
})

test('--only takes a list of kinds and names them where one is unknown', () => {
  assert.deepEqual([...parseNames('zstd,heap', kinds)], ['zstd', 'heap'])
  assert.equal(parseNames(undefined, kinds).size, 9)
  assert.throws(() => parseNames('plain,fast', kinds), /'fast'; name some of plain, zstd, .*heap/)
})
