import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxMailBytes } from './mail/mail.ts'
import { parseReply, parseRequest } from './request.ts'

const entry = { path: '/var/log/*.log', topic: 'web_log' }
const least = { kind: 'preview', by: 'ada', waitMs: 1_000, entries: [entry] }

function refusalOf(value: unknown): string {
  const parsed = parseRequest(typeof value === 'string' ? value : JSON.stringify(value), '/requests/a/1')
  assert.ok('refused' in parsed, JSON.stringify(parsed))
  return parsed.refused
}

test('the least request asks for a few lines of some files', () => {
  const parsed = parseRequest(JSON.stringify(least), '/requests/a/1')
  assert.ok('request' in parsed)
  const { files, lines, lineBytes, replyBytes } = parsed.request
  assert.deepEqual([files, lines, lineBytes, replyBytes], [20, 5, 1_024, maxMailBytes])
  assert.equal(parsed.entries[0]?.startAt, 'beginning')
})

test('what cannot be answered is refused with a sentence', () => {
  assert.match(refusalOf('{'), /not JSON/)
  assert.match(refusalOf(null), /no requests without a kind/)
  assert.match(refusalOf({ ...least, kind: 'reboot' }), /no requests of the kind 'reboot'/)
  assert.match(refusalOf(`{"kind":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), /no requests without a kind/)
  assert.match(refusalOf({ ...least, lines: 21 }), /not sound at lines/)
  assert.match(refusalOf({ ...least, files: 101 }), /not sound at files/)
  assert.match(refusalOf({ ...least, lineBytes: 4_097 }), /not sound at lineBytes/)
  assert.match(refusalOf({ ...least, waitMs: 60_001 }), /not sound at waitMs/)
  assert.match(refusalOf({ ...least, entries: Array.from({ length: 51 }, () => entry) }), /not sound at entries/)
  assert.match(refusalOf(`{"x":"${'x'.repeat(maxMailBytes)}"}`), /bytes large/)
  assert.match(refusalOf({ ...least, entries: [{ ...entry, path: '/a/../b' }] }), /entries\[0\]\.path/)
  assert.match(refusalOf({ ...least, entries: [entry, entry] }), /entries\[1\]\.id/)
})

test('whatever stands at a key of ours, it is a request, a reply, or told to be none', () => {
  const near = fc.record(
    {
      kind: fc.constantFrom('preview', 'refused', 'x'),
      by: fc.string(),
      agent: fc.string(),
      reason: fc.string(),
      waitMs: fc.integer(),
      lines: fc.integer(),
      entries: fc.oneof(fc.array(fc.oneof(fc.constant(entry), fc.jsonValue())), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    near.map((value) => JSON.stringify(value)),
  )
  fc.assert(
    fc.property(text, (value) => {
      const parsed = parseRequest(value, '/k')
      if ('refused' in parsed) assert.ok(parsed.refused.length > 0 && parsed.refused.length <= 10_000)
      else assert.ok(parsed.entries.length > 0)
      const reply = parseReply(value)
      assert.ok(reply === null || reply.kind === 'preview' || reply.kind === 'refused')
    }),
    { numRuns: 2_000 },
  )
})
