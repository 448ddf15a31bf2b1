import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Processor } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import { compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'

const json: Processor = { json: { field: 'message', keepOriginal: true, ignoreFailure: false } }

function run(line: string, processors: readonly Processor[]): PipelineEvent {
  const event = new PipelineEvent(line)
  assert.equal(compilePipeline({ processors: [...processors] }).run(event), true)
  return event
}

test('a line that cannot be parsed keeps its message whole, says why and is tagged; the rest of the pipeline is not run', () => {
  const event = run('no json', [json, { json: { ...json.json, field: 'a' } as Required<Processor>['json'] }])
  assert.equal(event.message, 'no json')
  assert.deepEqual(event.fields, { error: { message: 'json: the text is no JSON' } })
  assert.deepEqual(event.tags, ['_json_failure'])
})

test('a failure that is to be ignored leaves no trace, and the next processor runs', () => {
  const lax = { json: { field: 'nothing', keepOriginal: true, ignoreFailure: true } }
  const event = run('{"a":1}', [lax, json])
  assert.deepEqual(event.fields, { a: 1 })
  assert.deepEqual(event.tags, [])
})

test('a processor runs only where its condition holds', () => {
  const when = (field: string): Processor => ({
    json: { ...(json.json as Required<Processor>['json']), if: { field } },
  })
  assert.deepEqual(run('{"a":1}', [when('message')]).fields, { a: 1 })
  assert.deepEqual(run('{"a":1}', [when('labels.team')]).fields, {})
})

test('a pattern that is none is told with the place where it stands', () => {
  const bad: Processor = {
    json: { ...(json.json as Required<Processor>['json']), if: { field: 'a', matches: '(?=x)' } },
  }
  assert.throws(
    () => compilePipeline({ processors: [json, bad] }),
    (error) => isLogpipeError(error, 'settings_invalid') && /^processors\[1\]\.json: .*lookaround/.test(error.message),
  )
})

test('the reason of a failure is told also where the budget of fields is used up', () => {
  const event = new PipelineEvent('{"a":1,"level":"loud"}', 0, { fields: 2, depth: 2, bytes: 1_024 })
  const level: Processor = { level: { field: 'level', target: 'level', ignoreFailure: false } }
  compilePipeline({ processors: [json, level] }).run(event)
  assert.deepEqual(event.fields, {
    a: 1,
    level: 'loud',
    error: { message: 'level: the level in level is none that is known' },
  })
})

test('an error message of the line itself is not lost to the reason of a failure', () => {
  const level: Processor = { level: { field: 'level', target: 'level', ignoreFailure: false } }
  const event = run('{"level":"loud","error":{"message":"db down","code":7}}', [json, level])
  assert.equal(event.get('error.message'), 'level: the level in level is none that is known')
  assert.deepEqual([event.get('original'), event.get('error.code')], [{ error: { message: 'db down' } }, 7])
})
