import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dataStreamName, dataStreamPart } from './target.ts'

test('a topic name becomes a dataset by lower case and underscores', () => {
  assert.equal(dataStreamPart('web_log'), 'web_log')
  assert.equal(dataStreamPart('Web-Log.v2'), 'web_log.v2')
  assert.equal(dataStreamPart('__internal'), 'internal')
  assert.equal(dataStreamPart('...'), 'x...')
  assert.equal(dataStreamPart(''), 'x')
})

test('any text becomes a part of a data stream name that Elasticsearch takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      assert.match(dataStreamPart(text), /^[a-z0-9][a-z0-9._+]{0,99}$/)
    }),
  )
})

test('the data stream is named by type, dataset and namespace', () => {
  assert.equal(dataStreamName({ type: 'logs', dataset: 'web_log', namespace: 'default' }), 'logs-web_log-default')
})
