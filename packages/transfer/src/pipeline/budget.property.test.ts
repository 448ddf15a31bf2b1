import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PipelineInput } from '@logpipe/config'
import fc from 'fast-check'
import { PipelineEvent } from './event.ts'
import type { JsonValue } from './json-value.ts'
import { pipelineOf, readMs } from './test-event.ts'

const budget = { fields: 6, depth: 3, bytes: 1_024 }

const parsers: [processor: PipelineInput['processors'][number], line: string][] = [
  [{ accessLog: {} }, '1.2.3.4 - frank [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 2 "http://a/" "b c"'],
  [
    { accessLog: { format: 'nginxError' } },
    '2015/05/17 10:05:03 [error] 1#2: *3 x, client: ::1, request: "GET / HTTP/1.1"',
  ],
  [{ syslog: { content: 'text' } }, '<165>1 2003-10-11T22:14:15.003Z h a 7 m [x@1 a="b" c="d"][y e="f"] hello'],
  [
    { grok: { patterns: ['%{COMBINEDAPACHELOG}'] } },
    '1.2.3.4 - x [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 2 "-" "b"',
  ],
  [{ regex: { patterns: ['^(?P<a__b__c__d>\\S*) (?P<e>.*)$'] } }, 'a b c'],
]

/** How many values there are, how deep they stand, and how long they are together. */
function measure(value: JsonValue, depth = 0): { fields: number; depth: number; bytes: number } {
  if (typeof value !== 'object' || value === null) return { fields: 1, depth, bytes: String(value).length }
  const inner = Object.values(value).map((one) => measure(one, depth + 1))
  return {
    fields: inner.reduce((sum, one) => sum + one.fields, 0),
    depth: Math.max(depth, ...inner.map((one) => one.depth)),
    bytes: inner.reduce((sum, one) => sum + one.bytes, 0),
  }
}

for (const [processor, line] of parsers) {
  test(`${Object.keys(processor)[0]}: what a line becomes stays within the budget, and the message stays whole: ${line}`, () => {
    const pipeline = pipelineOf(processor)
    const event = new PipelineEvent()
    const piece = fc.oneof(
      fc.constantFrom('x'.repeat(900), ' [z q="1"]', ' '),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    const lines = fc
      .tuple(fc.nat(line.length), fc.array(piece, { maxLength: 3 }))
      .map(([at, pieces]) => line.slice(0, at) + pieces.join('') + line.slice(at))
    let exceeded = 0
    fc.assert(
      fc.property(lines, (text) => {
        const bytes = Buffer.from(text)
        event.begin(bytes, 0, bytes.length, readMs, undefined, budget)
        assert.equal(pipeline.run(event), true)
        // Why a line could not be parsed is told whatever the budget says.
        const { error: _, ...parsed } = event.fields
        const found = measure(parsed)
        assert.ok(
          found.fields <= budget.fields && found.depth <= budget.depth && found.bytes <= budget.bytes,
          JSON.stringify(found),
        )
        assert.equal(event.message, bytes.toString())
        if (event.tags.includes('_budget_exceeded')) exceeded++
      }),
      { numRuns: 500 },
    )
    assert.ok(exceeded > 0)
  })
}
