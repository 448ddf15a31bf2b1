import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '@logpipe/config'
import { compileCondition } from './condition.ts'
import { PipelineEvent } from './event.ts'

function holds(condition: Condition): boolean {
  const event = new PipelineEvent()
  event.begin(Buffer.from('GET /healthz 200'), 0, 16, 0, { labels: { team: 'shop' } })
  event.set('http.status', 404)
  event.set('text', '12')
  event.set('list', ['a', 'b'])
  event.set('none', null)
  return compileCondition(condition)(event)
}

const cases: [Condition, boolean][] = [
  [{ field: 'message' }, true],
  [{ field: 'labels.team', equals: 'shop' }, true],
  [{ field: 'nothing' }, false],
  [{ field: 'none' }, false],
  [{ field: 'nothing', exists: false }, true],
  [{ field: 'message', exists: false }, false],
  [{ field: 'http.status', equals: 404 }, true],
  [{ field: 'http.status', equals: '404' }, false],
  [{ field: 'http.status', in: [403, 404] }, true],
  [{ field: 'http.status', gt: 399, lt: 500 }, true],
  [{ field: 'http.status', gt: 404 }, false],
  [{ field: 'text', gt: 11 }, true],
  [{ field: 'message', gt: 0 }, false],
  [{ field: 'message', contains: '/healthz' }, true],
  [{ field: 'message', startsWith: 'POST' }, false],
  [{ field: 'message', matches: '^get\\b' }, false],
  [{ field: 'message', matches: '(?i)^get\\b' }, true],
  [{ field: 'list', equals: 'b' }, true],
  [{ field: 'list', equals: 'c' }, false],
  [{ not: { field: 'message' } }, false],
  [{ all: [{ field: 'message' }, { field: 'text' }] }, true],
  [{ all: [{ field: 'message' }, { field: 'nothing' }] }, false],
  [{ any: [{ field: 'nothing' }, { field: 'text' }] }, true],
  [{ any: [{ field: 'nothing' }, { field: 'none' }] }, false],
  [{ field: 'message', contains: 'GET', not: { field: 'http.status', equals: 404 } }, false],
]

test('a condition holds where all that stands in it holds', () => {
  for (const [condition, expected] of cases) assert.equal(holds(condition), expected, JSON.stringify(condition))
})
