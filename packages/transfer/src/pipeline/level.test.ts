import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levels } from '@logpipe/config'
import fc from 'fast-check'
import { runLine } from './test-event.ts'

function levelOf(value: string | number): unknown {
  return runLine(JSON.stringify({ log: { level: value } }), { json: {} }, { level: {} }).get('log.level')
}

test('levels become one of a closed list, however they were spelt', () => {
  const spelt: Record<string, (string | number)[]> = {
    trace: ['TRACE', 'V', 'verbose', 'FINEST', 10, 'trace8', 'TRACE2'],
    debug: ['DEBUG', 'D', 'dbg', 7, 20, 'DEBUG5', 'D3', 'DEBUG-4'],
    info: ['INFO', 'I', 'Information', 'LOG', 6, '30', 'INFO+2'],
    notice: ['notice', 5],
    warn: ['WARN', 'warning', 'W', '[WARN]', 4, '<4>'],
    error: ['ERROR', 'err', 'E', 'SEVERE', 3],
    critical: ['CRIT', 'FATAL', 'F', 2, 60],
    alert: ['alert', 1],
    emergency: ['emerg', 'panic', 0, '0'],
  }
  assert.deepEqual(Object.keys(spelt), [...levels])
  for (const [level, values] of Object.entries(spelt)) {
    for (const value of values) assert.equal(levelOf(value), level, String(value))
  }
})

test('an unknown level stays as it was and is told; a missing one is nothing', () => {
  const event = runLine('{"log":{"level":"loud"}}', { json: {} }, { level: {} })
  assert.equal(event.get('log.level'), 'loud')
  assert.equal(event.get('error.message'), 'level: the level in log.level is none that is known')
  assert.deepEqual(runLine('{"a":1}', { json: {} }, { level: {} }).tags, [])
})

test('the level may come from another field', () => {
  const event = runLine('{"sev":"W"}', { json: {} }, { level: { field: 'sev' } })
  assert.deepEqual(event.fields, { sev: 'W', log: { level: 'warn' } })
})

test('any text gives a level of the list or stays', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const level = levelOf(text)
      assert.ok(level === text || (levels as readonly unknown[]).includes(level))
    }),
  )
})
