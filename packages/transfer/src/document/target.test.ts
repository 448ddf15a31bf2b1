import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DataStreamPart } from '@logpipe/config'
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
      const part = dataStreamPart(text)
      assert.ok(DataStreamPart.safeParse(part).success, JSON.stringify(part))
    }),
  )
})

test('what settings take as dataset or namespace is used as it is, so that different ones stay apart', () => {
  for (const name of ['生产', '测试', 'prüfung', 'a@b', 'a=b', 'prod_1.2+x', '🦊', '生'.repeat(33)]) {
    assert.ok(DataStreamPart.safeParse(name).success, name)
    assert.equal(dataStreamPart(name), name)
  }
  for (const name of ['É', '生'.repeat(34), 'a\u0085', '\ud800', 'a b', 'A', '', 'a-b', '_a']) {
    assert.ok(!DataStreamPart.safeParse(name).success, JSON.stringify(name))
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      if (DataStreamPart.safeParse(text).success) assert.equal(dataStreamPart(text), text)
    }),
  )
})

test('of a name from elsewhere only what Elasticsearch does not take is replaced', () => {
  assert.equal(dataStreamPart('Prod-Ä:1'), 'prod_ä_1')
  assert.equal(dataStreamPart('.生产'), '生产')
  assert.equal(dataStreamPart('生'.repeat(40)), '生'.repeat(33), 'cut between two characters')
  assert.equal(dataStreamPart(`a${'🦊'.repeat(40)}`), `a${'🦊'.repeat(24)}`)
  assert.equal(dataStreamPart('a\ud800\u0000b'), 'a__b')
})

test('the data stream is named by type, dataset and namespace', () => {
  assert.equal(dataStreamName({ type: 'logs', dataset: 'web_log', namespace: 'default' }), 'logs-web_log-default')
})
