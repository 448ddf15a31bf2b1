import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from '@logpipe/testkit'
import { listenerPid } from './listener.ts'

test('the process that listens on a port is found; where none does, none is', async (t) => {
  const server = createServer()
  t.after(() => server.close())
  const port = await freePort()
  assert.equal(listenerPid(port), null)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  assert.equal(listenerPid(port), process.pid)
})
