import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxMailBytes } from './mail.ts'
import { type ParseRequest, readParseReply, readParseRequest } from './parse.ts'

const source = {
  topic: 'web_log',
  host: 'web-1',
  ip: '10.0.0.1',
  path: '/var/log/a.log',
  entry: 'nginx',
  lines: [{ offset: 0, text: 'GET /' }],
}
const least = { kind: 'parse', by: 'ada', waitMs: 1_000, sources: [source] }
const asked = { sources: least.sources } as Pick<ParseRequest, 'sources'>

function refusalOf(value: unknown): string {
  const read = readParseRequest(typeof value === 'string' ? value : JSON.stringify(value))
  assert.ok('refused' in read, JSON.stringify(read))
  return read.refused
}

test('a request holds lines with what rides beside them; its draft is left to who compiles it', () => {
  const draft = { processors: 'whatever' }
  const whole = { ...source, pipeline: 'nginx', dataset: 'web', fields: { team: 'a' }, tags: ['x'] }
  const read = readParseRequest(JSON.stringify({ ...least, draft, sources: [whole] }))
  assert.ok('request' in read)
  assert.deepEqual([read.request.draft, read.request.sources], [draft, [whole]])
})

test('what cannot be answered is refused with a sentence', () => {
  const line = source.lines[0]
  const lines = (count: number): unknown[] => Array.from({ length: count }, () => line)
  assert.match(refusalOf('{'), /not JSON/)
  assert.match(refusalOf(null), /This transfer knows no requests without a kind/)
  assert.match(refusalOf({ ...least, kind: 'preview' }), /knows no requests of the kind 'preview'/)
  assert.match(refusalOf({ ...least, waitMs: 60_001 }), /not sound at waitMs/)
  assert.match(refusalOf({ ...least, sources: [] }), /not sound at sources/)
  assert.match(refusalOf({ ...least, sources: [{ ...source, lines: lines(1_001) }] }), /sources\.0\.lines/)
  assert.match(
    refusalOf({ ...least, sources: Array.from({ length: 3 }, () => ({ ...source, lines: lines(400) })) }),
    /at sources: must hold at most 1000 lines together/,
  )
  assert.match(refusalOf({ ...least, sources: [{ ...source, topic: 'a b' }] }), /sources\.0\.topic: must be a topic/)
  assert.match(refusalOf({ ...least, sources: [{ ...source, pipeline: '../x' }] }), /sources\.0\.pipeline/)
  const long = { ...source, lines: [{ offset: 0, text: 'x'.repeat(16_385) }] }
  assert.match(refusalOf({ ...least, sources: [long] }), /sources\.0\.lines\.0\.text/)
  assert.match(refusalOf(`{"x":"${'x'.repeat(maxMailBytes)}"}`), /bytes large/)
})

test('a reply counts only where it is by who was asked, and has an answer for each line', () => {
  const dropped = { fate: 'dropped' }
  const good = { kind: 'parse', transfer: 't', sources: [{ refused: null, pipeline: 'nginx', lines: [dropped] }] }
  const read = (value: unknown): unknown => readParseReply(JSON.stringify(value), 't', asked)
  assert.deepEqual(read(good), good)
  assert.deepEqual(read({ kind: 'refused', transfer: 't', reason: 'x' }), {
    kind: 'refused',
    transfer: 't',
    reason: 'x',
  })
  assert.equal(read({ ...good, transfer: 'other' }), null)
  assert.equal(read({ ...good, sources: [] }), null)
  assert.equal(read({ ...good, sources: [{ ...good.sources[0], lines: [dropped, dropped] }] }), null)
  assert.equal(read({ ...good, sources: [{ refused: 'No.', pipeline: null, lines: [dropped] }] }), null)
  assert.notEqual(read({ ...good, sources: [{ refused: 'No.', pipeline: null, lines: [] }] }), null)
})

test('whatever stands at a key of ours, it is a request, a reply, or told to be none', () => {
  const lineLike = fc.record({ offset: fc.integer(), text: fc.string() }, { requiredKeys: [] })
  const sourceLike = fc.record(
    {
      topic: fc.oneof(fc.constant('web_log'), fc.string()),
      host: fc.string(),
      ip: fc.string(),
      path: fc.string(),
      entry: fc.string(),
      pipeline: fc.oneof(fc.constant('nginx'), fc.string()),
      fields: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      lines: fc.oneof(fc.array(fc.oneof(fc.constant(source.lines[0]), lineLike)), fc.jsonValue()),
    },
    { requiredKeys: ['lines'] },
  )
  const near = fc.record(
    {
      kind: fc.constantFrom('parse', 'refused', 'x'),
      by: fc.string(),
      transfer: fc.constantFrom('t', 'u'),
      reason: fc.string(),
      waitMs: fc.oneof(fc.constant(1_000), fc.integer()),
      draft: fc.jsonValue(),
      sources: fc.oneof(fc.array(fc.oneof(fc.constant(source), sourceLike)), fc.jsonValue()),
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
      const read = readParseRequest(value)
      if ('refused' in read) assert.ok(read.refused.length > 0 && read.refused.length <= 10_000)
      else assert.ok(read.request.sources.every(({ lines }) => lines.length > 0))
      const reply = readParseReply(value, 't', asked)
      assert.ok(reply === null || reply.transfer === 't')
    }),
    { numRuns: 2_000 },
  )
})
