import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stackFolder, startCommand } from './shared/test-command.ts'

test('an unknown command is answered with those there are', async (t) => {
  const command = startCommand(t, ['sart'])
  assert.equal(await command.ended, 2)
  assert.match(command.output(), /^Unknown command "sart"\. There are: install, bench, .*start/)
})

test('arguments and the exit code pass through', async (t) => {
  const dir = await stackFolder(t)
  const command = startCommand(t, ['stack', 'status', '--dir', dir])
  assert.equal(await command.ended, 3)
  assert.equal(command.output(), 'Nothing is up.\n')
})

test('a wrong flag is one sentence', async (t) => {
  const command = startCommand(t, ['start', '--kafka-port', 'ninety'])
  assert.equal(await command.ended, 1)
  assert.equal(command.output(), "--kafka-port is 'ninety': it must be a number from 1 to 65000.\n")
})
