import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipelineOf, runLine } from './test-event.ts'

test('named groups become fields: by the mapping, with dots for __, or by their own name; groups without text set nothing', () => {
  const event = runLine('GET /a 200 ', {
    regex: {
      patterns: ['^(?P<http__request__method>\\w+) (?P<path>\\S+) (?<code>\\d+) (?P<rest>.*)(?:-(?P<never>x))?$'],
      fields: { path: 'url.original' },
    },
  })
  assert.deepEqual(event.fields, { http: { request: { method: 'GET' } }, url: { original: '/a' }, code: '200' })
})

test('patterns are tried in their order, on the field that is named', () => {
  const patterns = ['^a(?P<a>\\d)', '^b(?P<b>\\d)']
  const event = runLine('{"in":"b7"}', { json: {} }, { regex: { field: 'in', patterns } })
  assert.equal(event.get('b'), '7')
  const failed = runLine('c', { regex: { patterns } })
  assert.equal(failed.get('error.message'), 'regex: none of the patterns matches')
  assert.equal(
    runLine('c', { regex: { field: 'x', patterns } }).get('error.message'),
    'regex: the field x holds no text',
  )
})

const refused: [options: { patterns: string[]; fields?: Record<string, string> }, reason: RegExp][] = [
  [{ patterns: ['(a)'] }, /patterns\[0\]: it has no named group/],
  [{ patterns: ['(?P<a>x)', '(?P<a>x)(?=y)'] }, /patterns\[1\]: .*lookarounds/],
  [{ patterns: ['(?P<a>x)'], fields: { b: 'c' } }, /fields\.b: no pattern has a group of this name/],
]
for (const [options, reason] of refused) {
  test(`${JSON.stringify(options)} is refused with a sentence that helps`, () => {
    assert.throws(() => pipelineOf({ regex: options }), { code: 'settings_invalid', message: reason })
  })
}

test('a pattern that runs away elsewhere costs no more than the line is long', () => {
  const pipeline = pipelineOf({ regex: { patterns: ['^(?P<a>(?:a+)+)b$', '^(?P<b>.*.*.*=.*)$'] } })
  const began = performance.now()
  for (const line of ['a'.repeat(100_000), `${'a='.repeat(50_000)}\n`]) pipeline.run(runLine(line))
  assert.ok(performance.now() - began < 10_000)
})

test('any line is taken apart or says why, whatever its names', () => {
  const pipeline = pipelineOf({
    regex: { patterns: ['^(?P<__proto__>.)(?P<a>[^]]*)\\](?P<b>.*)$', '(?P<c>\\pL+)'], fields: { b: '_id' } },
  })
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('a', ']', '\n', '😀') })),
      (text) => {
        const event = runLine(text)
        assert.equal(pipeline.run(event), true)
        assert.doesNotMatch(String(event.get('error.message')), /fault of its own/)
        assert.equal(event.message, text)
      },
    ),
  )
})
