import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogpipeError } from './errors.ts'
import { ecsFields } from './log-fields.ts'

test('values under the name of a secret are never written, at any depth', () => {
  const text = JSON.stringify(
    ecsFields({
      password: 'p1',
      kafka: { sasl: { username: 'u', password: 'p2' }, list: [{ apiKey: 'p3' }] },
      headers: new Map([['authorization', 'p4']]),
      'url.token': 'p5',
    }),
  )
  assert.doesNotMatch(text, /p[1-5]"/)
  assert.match(text, /"username":"u"/)
})

test('an error of ours tells its code and sentence without a stack; a foreign one brings its stack', () => {
  const cause = new Error('ECONNREFUSED')
  const own = ecsFields({ error: new LogpipeError('etcd_unavailable', 'etcd is away.', { cause }) })
  assert.equal(own['error.message'], 'etcd is away: ECONNREFUSED')
  assert.equal(own['error.code'], 'etcd_unavailable')
  assert.ok(!('error.stack_trace' in own))
  assert.match(String(ecsFields({ error: new TypeError('x') })['error.stack_trace']), /TypeError: x/)
  assert.equal(ecsFields({ error: 'only text' })['error.message'], 'only text')
})

test('our own names go under logpipe, dotted ECS names stay, and a loop comes to an end', () => {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  const fields = ecsFields({ host: 'a', 'log.file.path': '/x', big: 1n, bytes: Buffer.alloc(3), loop })
  assert.equal(fields['log.file.path'], '/x')
  const own = fields['logpipe'] as Record<string, unknown>
  assert.equal(own['host'], 'a')
  assert.equal(own['big'], '1')
  assert.equal(own['bytes'], '(3 bytes)')
  assert.match(JSON.stringify(own['loop']), /too deep/)
})
