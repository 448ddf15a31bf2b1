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

test('the older INI form is validated as it stands, and with a fault at its line', async (t) => {
  const dir = LogDir.create(t)
  const validate = (): ReturnType<typeof runProgram> =>
    runProgram('logagent', { args: ['validate', '--config', dir.file('agent.ini')] })
  dir.append('agent.ini', '[kafka]\naddress=127.0.0.1:9\ntopic=a\nchan_max_size=100\n[taillog]\npath=/var/log/a.log\n')
  const good = await validate()
  assert.deepEqual([good.code, good.stderr], [0, ''])
  dir.append('agent.ini', 'pth=/var/log/b.log\n')
  const bad = await validate()
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /taillog\.pth is not a setting; did you mean 'path'\? \(.*agent\.ini:7\)/)
})
