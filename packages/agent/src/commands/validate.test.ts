import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDir, runProgram } from '@logpipe/testkit'

test('validate names the entries that the agent would refuse, each with its reason', async (t) => {
  const dir = LogDir.create(t)
  const entries = [
    { id: 'fine', path: dir.file('in/*.log'), topic: 'a' },
    { id: 'back', path: dir.file('in/*.txt'), topic: 'a', includeLines: ['(a)\\1'] },
    { id: 'far', path: '/elsewhere/*.log', topic: 'a' },
  ]
  const settings = { kafka: { brokers: ['127.0.0.1:9'] }, discover: { roots: [dir.file('in')] }, entries }
  dir.append('agent.json', JSON.stringify(settings))
  const { code, stdout, stderr } = await runProgram('logagent', {
    args: ['validate', '--config', dir.file('agent.json')],
  })
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /entry 'back': includeLines: .*back references are not supported/)
  assert.match(stderr, /entry 'far': '\/elsewhere\/\*\.log' can match nothing inside/)
  assert.doesNotMatch(stderr, /fine'/)
})
