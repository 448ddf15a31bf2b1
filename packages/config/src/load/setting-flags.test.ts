import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingFlags } from './setting-flags.ts'

test('flags with a blank, with an equals sign, and without a value', () => {
  assert.deepEqual(
    settingFlags(['--kafka.brokers', 'a:1,b:2', '--kafka.group=x=y', '--setup', '--log.level', 'debug']),
    {
      'kafka.brokers': 'a:1,b:2',
      'kafka.group': 'x=y',
      setup: null,
      'log.level': 'debug',
    },
  )
})

test('what is no flag is kept, to be told as unknown', () => {
  assert.deepEqual(settingFlags(['oops', '--setup=false']), { oops: '', setup: 'false' })
})
