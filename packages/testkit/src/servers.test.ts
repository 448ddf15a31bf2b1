import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { randomName, testServers } from './servers.ts'

test('addresses are split at commas', () => {
  const env = {
    LOGPIPE_TEST_KAFKA: 'a:1,b:2',
    LOGPIPE_TEST_ELASTICSEARCH: 'http://a:3',
    LOGPIPE_TEST_ETCD: 'http://a:4',
  }
  assert.deepEqual(testServers(env), {
    kafkaBrokers: ['a:1', 'b:2'],
    elasticsearchNodes: ['http://a:3'],
    etcdEndpoints: ['http://a:4'],
  })
})

test('a missing address is a sentence that names the variable', () => {
  assert.throws(
    () => testServers({ LOGPIPE_TEST_KAFKA: 'a:1' }),
    (error) => isLogpipeError(error, 'settings_invalid') && /LOGPIPE_TEST_ELASTICSEARCH is not set/.test(error.message),
  )
})

test('random names differ', () => {
  assert.notEqual(randomName('t'), randomName('t'))
})
