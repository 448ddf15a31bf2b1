import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEntries, originAt } from '../load/entries.ts'
import { formatFaults } from '../load/fault.ts'
import type { CollectEntry } from './entry.ts'

function read(keys: object): Partial<CollectEntry> {
  const { entries, faults } = checkEntries([{ path: '/var/log/*.log', topic: 't', ...keys }], originAt('/key'))
  assert.deepEqual(faults, [])
  return entries[0] as CollectEntry
}

/** All faults of an entry with these keys, as a person reads them, without the place. */
function told(keys: object): string {
  const { faults } = checkEntries([{ path: '/var/log/*.log', topic: 't', ...keys }], originAt('/key'))
  return formatFaults(faults).replaceAll(/^ {2}\[0\]\.| \(\/key\)$/gm, '')
}

test('encoding: by any of its names, utf-16 stays for the byte order mark to decide', () => {
  assert.equal(read({}).encoding, 'utf-8')
  const names = { UTF8: 'utf-8', 'utf-16': 'utf-16', gb2312: 'gbk', latin1: 'windows-1252', sjis: 'shift_jis' }
  for (const [label, name] of Object.entries(names)) assert.equal(read({ encoding: label }).encoding, name)
  assert.equal(told({ encoding: 'gb-18030' }), "encoding is no encoding that is known; did you mean 'gb18030'?")
  assert.equal(told({ encoding: 'klingon' }), 'encoding is no encoding that is known')
  assert.equal(told({ encoding: 8 }), 'encoding must be text, not a whole number; put quotes around it')
})

test('delimiter: 1 to 64 characters', () => {
  assert.equal(read({}).delimiter, '\n')
  assert.equal(read({ delimiter: '\u0000' }).delimiter, '\u0000')
  assert.equal(told({ delimiter: '' }), 'delimiter must not be empty')
  assert.equal(told({ delimiter: 'x'.repeat(65) }), 'delimiter must not be longer than 64 characters')
})

test('multiline: defaults beside the one way that decides', () => {
  assert.equal(read({}).multiline, undefined)
  const defaults = { negate: false, indent: false, timeout: 5_000, maxLines: 500, maxBytes: 1_048_576 }
  for (const way of [{ preset: 'java' }, { start: '^a' }, { continue: '^b' }, { end: ';$' }, { count: 3 }]) {
    assert.deepEqual(read({ multiline: way }).multiline, { ...defaults, ...way })
  }
  assert.deepEqual(read({ multiline: { indent: true } }).multiline, { ...defaults, indent: true })
  assert.deepEqual(read({ multiline: { start: 'a', end: 'b' } }).multiline, { ...defaults, start: 'a', end: 'b' })
  assert.equal(read({ multiline: { start: 'a', negate: true, timeout: '1m' } }).multiline?.timeout, 60_000)
})

test('multiline: exactly one way, a pattern for negate, a count that fits', () => {
  const ways =
    'multiline needs exactly one of preset, start, continue, end, indent and count (start and end may stand together); it'
  assert.equal(told({ multiline: {} }), `${ways} has none`)
  assert.equal(told({ multiline: { indent: false } }), `${ways} has none`)
  for (const more of [{ indent: true }, { start: 'a' }, { end: 'a' }, { continue: 'a' }, { count: 2 }]) {
    assert.equal(told({ multiline: { preset: 'go', ...more } }), `${ways} has more`)
  }
  assert.equal(
    told({ multiline: { preset: 'go', negate: true } }),
    'multiline.negate needs a pattern: start, continue or end',
  )
  assert.equal(told({ multiline: { count: 501 } }), 'multiline.count must not be more than maxLines')
  assert.equal(told({ multiline: { count: 1 } }), 'multiline.count must be at least 2')
  assert.equal(
    told({ multiline: { preset: 'jva' } }),
    "multiline.preset must be one of java, python, go, node; did you mean 'java'?",
  )
  assert.equal(
    told({ multiline: { begin: 'a', count: 2 } }).split('\n')[0],
    'multiline.begin is not a setting',
    'an unknown key is told beside the rest',
  )
  assert.equal(
    told({ multiline: { start: 'a', timout: '5s' } }),
    "multiline.timout is not a setting; did you mean 'timeout'?",
  )
  assert.match(told({ multiline: 'java' }), /^multiline must be a section with keys, not text/)
})

test('a regular expression that is none is told with what is wrong in it, and without itself', () => {
  assert.deepEqual(read({ includeLines: ['^a', 'ü{2}'] }).includeLines, ['^a', 'ü{2}'])
  assert.deepEqual([read({}).includeLines, read({}).excludeLines], [[], []])
  const unterminated = 'is no valid regular expression: unterminated group'
  assert.equal(told({ includeLines: ['a', '(s3cret'] }), `includeLines[1] ${unterminated}`)
  assert.equal(told({ excludeLines: ['(s3cret'] }), `excludeLines[0] ${unterminated}`)
  assert.equal(told({ multiline: { start: '(s3cret' } }), `multiline.start ${unterminated}`)
  assert.equal(told({ excludeLines: ['(?i)error', '(?P<x>a)'] }), '')
  assert.equal(told({ includeLines: 'a' }), 'includeLines must be a list, not text')
  assert.equal(told({ includeLines: [''] }), 'includeLines[0] must not be empty')
})

test('redact: a plain pattern stands for the long form', () => {
  assert.deepEqual(read({}).redact, [])
  assert.deepEqual(read({ redact: ['\\d{16}', { pattern: 'a' }, { pattern: 'b', replace: '' }] }).redact, [
    { pattern: '\\d{16}', replace: '[redacted]' },
    { pattern: 'a', replace: '[redacted]' },
    { pattern: 'b', replace: '' },
  ])
  assert.match(told({ redact: ['('] }), /^redact\[0\] is no valid regular expression/)
  assert.match(told({ redact: [{ pattern: '(' }] }), /^redact\[0\]\.pattern is no valid regular expression/)
  assert.equal(
    told({ redact: [{}] }),
    'redact[0].pattern is missing: What of an event is replaced, wherever it matches',
  )
  assert.equal(
    told({ redact: [{ pattern: 'a', replce: 'x' }] }),
    "redact[0].replce is not a setting; did you mean 'replace'?",
  )
  assert.equal(told({ redact: [5] }), 'redact[0] must be text or a section with keys')
})

test('partition: a mode, a key or a number', () => {
  assert.equal(read({}).partition, 'source')
  for (const partition of ['random', 'roundrobin', { key: 'user' }, { number: 0 }] as const) {
    assert.deepEqual(read({ partition }).partition, partition)
  }
  const forms = 'partition must be source, roundrobin, random or a section with keys'
  assert.equal(told({ partition: 'rondrobin' }), `${forms}; did you mean 'roundrobin'?`)
  assert.equal(told({ partition: 3 }), forms)
  for (const both of [{}, { key: 'a', number: 1 }]) {
    assert.equal(told({ partition: both }), 'partition needs exactly one of key and number')
  }
  assert.equal(told({ partition: { number: -1 } }), 'partition.number must be at least 0')
  assert.equal(told({ partition: { key: '' } }), 'partition.key must not be empty')
  assert.match(told({ partition: { keys: 'a' } }), /partition\.keys is not a setting; did you mean 'key'\?/)
})

test('rateLimit: lines, bytes, or both', () => {
  assert.equal(read({}).rateLimit, undefined)
  assert.deepEqual(read({ rateLimit: { lines: 10 } }).rateLimit, { lines: 10 })
  assert.deepEqual(read({ rateLimit: { lines: 10, bytes: 20 } }).rateLimit, { lines: 10, bytes: 20 })
  assert.equal(told({ rateLimit: {} }), 'rateLimit needs lines or bytes, or both')
  assert.equal(told({ rateLimit: { lines: 0 } }), 'rateLimit.lines must be at least 1')
})

test('times: with their unit, in bounds', () => {
  assert.deepEqual(
    [read({}).closeInactive, read({}).ignoreOlder, read({}).deleteAfter],
    [300_000, undefined, undefined],
  )
  const { closeInactive, ignoreOlder, deleteAfter } = read({
    closeInactive: '90s',
    ignoreOlder: '24h',
    deleteAfter: '7d',
  })
  assert.deepEqual([closeInactive, ignoreOlder, deleteAfter], [90_000, 86_400_000, 604_800_000])
  for (const wrong of ['5', '5 minutes', '-5s', '1.5h', 'x', '', 1.5, null, {}]) {
    assert.equal(
      told({ ignoreOlder: wrong }),
      'ignoreOlder must be a whole number with its unit: 500ms, 90s, 5m, 24h or 7d',
      JSON.stringify(wrong),
    )
  }
  assert.equal(told({ closeInactive: '10ms' }), 'closeInactive must be at least 1s')
  assert.equal(
    told({ closeInactive: '999999999999999d' }),
    'closeInactive must be a whole number with its unit: 500ms, 90s, 5m, 24h or 7d',
  )
  assert.equal(told({ multiline: { count: 2, timeout: '2h' } }), 'multiline.timeout must be at most 1h')
})

test('deleteAfter never deletes what was never sent', () => {
  assert.match(told({ deleteAfter: '1d', startAt: 'end' }), /^deleteAfter needs startAt: beginning/)
  assert.match(told({ deleteAfter: '1d', acks: 0 }), /^deleteAfter needs acks: all or 1/)
})

test('container: with multiline, but not with what a container runtime does not write', () => {
  assert.equal(read({}).container, undefined)
  for (const container of ['docker', 'cri'] as const) {
    assert.equal(read({ container, multiline: { preset: 'java' } }).container, container)
  }
  assert.equal(told({ container: 'dokcer' }), "container must be one of docker, cri; did you mean 'docker'?")
  for (const encoding of ['utf-16', 'utf-16le', 'UTF-16BE']) {
    assert.match(told({ container: 'cri', encoding }), /^encoding cannot be UTF-16/, encoding)
  }
  assert.match(told({ container: 'cri', delimiter: ';' }), /^delimiter cannot be set/)
})

test('onLongLine and maxLineBytes', () => {
  assert.deepEqual([read({}).onLongLine, read({}).maxLineBytes], ['split', 524_288])
  for (const onLongLine of ['truncate', 'deadLetter'] as const)
    assert.equal(read({ onLongLine }).onLongLine, onLongLine)
  assert.match(told({ onLongLine: 'deadletter' }), /did you mean 'deadLetter'/)
  assert.equal(told({ maxLineBytes: 63 }), 'maxLineBytes must be at least 64')
})

test('checks across keys run whatever else is wrong', () => {
  const text = told({
    container: 'cri',
    encoding: 'utf-16',
    compresion: 'zstd',
    multiline: { count: 1 },
    rateLimit: {},
  })
  for (const part of ['encoding cannot be', 'compresion is not', 'multiline.count must', 'rateLimit needs']) {
    assert.ok(text.includes(part), `${part}: ${text}`)
  }
})
