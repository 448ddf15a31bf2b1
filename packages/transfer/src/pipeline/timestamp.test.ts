import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'
import { pipelineOf, readMs, runLine } from './test-event.ts'

/** The event of a line that is JSON, after its field `t` was taken for the time. */
function timed(json: object, formats: string[], more: object = {}): PipelineEvent {
  return runLine(JSON.stringify(json), { json: {} }, { timestamp: { field: 't', formats, ...more } })
}

test('the first format that fits makes the time of the event', () => {
  const formats = ['ISO8601', 'UNIX_MS', 'd.M.yyyy HH:mm']
  for (const t of ['2024-01-02T04:00+01:00', 1_704_164_400_000, ' 2.1.2024 04:00 ']) {
    const event = timed({ t }, formats, { zone: 'Europe/Berlin' })
    assert.equal(new Date(event.timestampMs).toISOString(), '2024-01-02T03:00:00.000Z')
    assert.deepEqual(event.tags, [])
  }
})

test('another target is set in UTC, and the time of the event stays', () => {
  const event = timed({ t: '2024-01-02 03:04' }, ['yyyy-MM-dd HH:mm'], { target: 'event.start', zone: '+02:00' })
  assert.equal(event.get('event.start'), '2024-01-02T01:04:00.000Z')
  assert.equal(event.timestampMs, readMs)
})

const failures: [json: object, reason: string][] = [
  [{ t: 'yesterday' }, 'timestamp: the time in t is written in none of the formats'],
  [{ t: '99999999999999999999' }, 'timestamp: the time in t is written in none of the formats'],
  [{ t: { a: 1 } }, 'timestamp: the field t holds no time'],
  [{}, 'timestamp: the field t holds no time'],
]
for (const [json, reason] of failures) {
  test(`${JSON.stringify(json)} keeps the time of the record, and says why`, () => {
    const event = timed(json, ['ISO8601', 'UNIX'])
    assert.equal(event.timestampMs, readMs)
    assert.equal(event.get('error.message'), reason)
    assert.deepEqual(event.tags, ['_timestamp_failure'])
  })
}

test('a record that says no time itself: a year that is missing is near now', () => {
  const event = new PipelineEvent('{"t":"Mar  1 00:00:00"}', -1)
  pipelineOf({ json: {} }, { timestamp: { field: 't', formats: ['MMM d HH:mm:ss'] } }).run(event)
  assert.ok(Date.now() - event.timestampMs < 367 * 86_400_000)
})

test('a format, zone or locale that cannot be used is named', () => {
  const spec = { field: 't', formats: ['ISO8601'], zone: 'UTC', locale: 'en', target: 'x', ignoreFailure: false }
  const make = (options: object): unknown => compilePipeline({ processors: [{ timestamp: { ...spec, ...options } }] })
  assert.throws(
    () => make({ formats: ['yyyy', 'tt'] }),
    /processors\[0\]\.timestamp: formats: 'tt' is no format of time/,
  )
  assert.throws(() => make({ zone: 'Nowhere' }), /processors\[0\]\.timestamp: zone: 'Nowhere' is no time zone/)
  assert.throws(() => make({ locale: 'q', formats: ['MMM'] }), /processors\[0\]\.timestamp: locale: 'q' is no locale/)
})
