import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeUnwrapper } from './unwrapper.ts'

interface Unwrapped {
  text: string
  isPartial: boolean
  stream: number
}

/** What is made of a line that stands in the middle of other bytes; null where it is refused. */
function unwrap(container: 'docker' | 'cri', line: string, by = makeUnwrapper(container)): Unwrapped | null {
  const bytes = Buffer.from(`"n\\${line}"}F`)
  if (!by.take(bytes, 3, bytes.length - 3)) return null
  const { payload, payloadStart, payloadEnd, isPartial, stream } = by
  return { text: payload.toString('utf8', payloadStart, payloadEnd), isPartial, stream }
}

/** What Docker's format says, by JSON.parse. */
function byJsonParse(line: string): Unwrapped | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { log, stream = 'stdout' } = value as { log?: unknown; stream?: unknown }
  if (typeof log !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return null
  // What is no text, a half of a surrogate pair, is replaced as in any encoding to UTF-8.
  const text = Buffer.from(log.replace(/\r?\n$/, '')).toString()
  return { text, isPartial: !log.endsWith('\n'), stream: stream === 'stderr' ? 1 : 0 }
}

test('docker: lines, pieces, both streams, keys in any order, keys that it does not know', () => {
  const cases: [string, Unwrapped][] = [
    [
      '{"log":"hello\\n","stream":"stdout","time":"2026-11-21T01:02:03.4Z"}',
      { text: 'hello', isPartial: false, stream: 0 },
    ],
    ['{"time":"t","stream":"stderr","log":"piece"}', { text: 'piece', isPartial: true, stream: 1 }],
    [
      '{"log":"\\n","stream":"stdout","attrs":{"tag":["a",{"b":-1.5e3}],"x":null}}',
      { text: '', isPartial: false, stream: 0 },
    ],
    [
      '{"log":"\\u001b[31mrot\\u001b[0m \\ud83d\\ude00 \\u00e9 \\"q\\" \\\\n\\r\\n"}',
      { text: '\u001b[31mrot\u001b[0m 😀 é "q" \\n', isPartial: false, stream: 0 },
    ],
    [
      ' { "\\u006cog" : "größe 漢\\n" , "stream" : "std\\u0065rr" } ',
      { text: 'größe 漢', isPartial: false, stream: 1 },
    ],
    ['{"log":"back\\\\n"}', { text: 'back\\n', isPartial: true, stream: 0 }],
    ['{"log":"\\ud800 alone\\n"}', { text: '\ufffd alone', isPartial: false, stream: 0 }],
    ['{"log":"a\\n","log":"b","stream":"stderr","stream":"stdout"}', { text: 'b', isPartial: true, stream: 0 }],
    ['{"log":""}', { text: '', isPartial: true, stream: 0 }],
  ]
  for (const [line, expected] of cases) {
    assert.deepEqual(unwrap('docker', line), expected, line)
    assert.deepEqual(byJsonParse(line), expected, line)
  }
})

test('docker: what is not its format is refused', () => {
  const lines = [
    '',
    '{}',
    '[]',
    'plain',
    '{"log":1}',
    '{"log":"a"',
    '{"log":"a"}}',
    '{"log":"a",}',
    '{"log":"a" "stream":"stdout"}',
    '{"log":"a","stream":"both"}',
    '{"log":"\\x"}',
    '{"log":"\\u12g4"}',
    '{"log":"tab\there"}',
    '{"stream":"stdout"}',
    '{"log":"a","n":01}',
    '{"log":"a","n":tru}',
    '{"log":"a","s":"\\q"}',
    '{"log":"a\\',
    `{"log":"a","deep":${'['.repeat(100)}${']'.repeat(100)}}`,
  ]
  for (const line of lines) assert.equal(unwrap('docker', line), null, line)
})

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(fc.constantFrom('a', '\\', '"', '\n', '\r\n', '\t', 'é', '漢', '😀', '\ud800', '/', '\u0000'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
)
/** JSON of a string in one of the ways to write it. */
const jsonString = (of: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(of, fc.boolean(), fc.boolean()).map(([value, escapeAll, upper]) => {
    if (!escapeAll) return JSON.stringify(value)
    const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i).toString(16).padStart(4, '0'))
    return `"${units.map((unit) => `\\u${upper ? unit.toUpperCase() : unit}`).join('')}"`
  })
const member = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(jsonString(fc.constant('log')), jsonString(text)) },
  {
    weight: 2,
    arbitrary: fc.tuple(jsonString(fc.constant('stream')), jsonString(fc.constantFrom('stdout', 'stderr', 'stdou'))),
  },
  fc.tuple(
    jsonString(fc.constantFrom('time', 'attrs', 'lo', 'stdout', '')),
    fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  ),
)
const dockerLine = fc
  .tuple(fc.array(member, { maxLength: 5 }), fc.constantFrom('', ' ', '\t '))
  .map(
    ([members, gap]) => `{${members.map(([key, value]) => `${gap}${key}${gap}:${gap}${value}${gap}`).join(',')}}${gap}`,
  )

test('docker: whatever the object, it is read as JSON.parse reads it', () => {
  const by = makeUnwrapper('docker')
  fc.assert(
    fc.property(dockerLine, (line) => assert.deepEqual(unwrap('docker', line, by), byJsonParse(line))),
    { numRuns: 5_000 },
  )
})

test('docker: whatever is damaged, it is refused where JSON.parse refuses it, and read alike where not', () => {
  const by = makeUnwrapper('docker')
  const piece = fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '\\u', 'd', '0', '-', '.', '\u0001', ' ', 'é', '[')
  fc.assert(
    fc.property(dockerLine, fc.nat(), fc.nat(3), piece, (line, where, count, inserted) => {
      const at = where % (line.length + 1)
      const damaged = Buffer.from(line.slice(0, at) + inserted + line.slice(at + count)).toString()
      assert.deepEqual(unwrap('docker', damaged, by), byJsonParse(damaged))
    }),
    { numRuns: 10_000 },
  )
})

test('cri: whole lines and pieces, both streams, more tags, zones', () => {
  const cases: [string, Unwrapped][] = [
    ['2026-11-21T01:02:03.123456789Z stdout F hello world', { text: 'hello world', isPartial: false, stream: 0 }],
    ['2026-11-21T01:02:03.1+08:00 stderr P pie', { text: 'pie', isPartial: true, stream: 1 }],
    ['2026-11-21T01:02:03-11:30 stdout F:tag:x  two blanks', { text: ' two blanks', isPartial: false, stream: 0 }],
    ['2026-11-21T01:02:03Z stdout F ', { text: '', isPartial: false, stream: 0 }],
    ['2026-11-21T01:02:03Z stderr P', { text: '', isPartial: true, stream: 1 }],
    ['2026-11-21T01:02:03Z stdout P:', { text: '', isPartial: true, stream: 0 }],
  ]
  for (const [line, expected] of cases) assert.deepEqual(unwrap('cri', line), expected, line)
})

test('cri: whatever the line, it is read as the pattern of the format reads it', () => {
  const format =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) std(out|err) ([FP])(?::[^ ]*)?(?: ([^]*))?$/
  const parts = fc.tuple(
    fc.constantFrom('2026-11-21T01:02:03', '2026-11-21 01:02:03', '2026-1-21T01:02:03', ''),
    fc.constantFrom('', '.1', '.123456789', '.', '.1234567890'),
    fc.constantFrom('Z', '+01:00', '-0100', '', 'z'),
    fc.constantFrom(' stdout ', ' stderr ', ' std ', '  stdout ', ' stdout'),
    fc.constantFrom('F', 'P', 'X', 'F:', 'P:a:b', 'FP', ''),
    fc.constantFrom(' ', '', '  '),
    fc.string({ maxLength: 8 }),
  )
  fc.assert(
    fc.property(
      parts.map((p) => p.join('')),
      fc.nat(),
      fc.boolean(),
      (line, where, cut) => {
        const given = cut ? line.slice(0, where % (line.length + 1)) : line
        const match = format.exec(given)
        const [, stream, tag, rest = ''] = match ?? []
        const expected = match && { text: rest, isPartial: tag === 'P', stream: stream === 'err' ? 1 : 0 }
        assert.deepEqual(unwrap('cri', given), expected)
      },
    ),
    { numRuns: 10_000 },
  )
})
