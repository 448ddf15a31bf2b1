import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { keptOutput } from '@logpipe/runtime/terminal'
import { setup } from './setup.ts'

test('a server that hangs is named, and keeps no other from being prepared', async (t) => {
  const hanging = createServer()
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
  t.after(() => hanging.close())
  const address = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`
  const { output, stderr } = keptOutput(false)
  const args = ['--kafka.brokers', '127.0.0.1:9', '--kafka.topics', 'a', '--elasticsearch.nodes', address]
  const code = await setup({}, [...args, '--kibana.url', 'http://127.0.0.1:9'], output, 1_000)
  assert.equal(code, 1)
  assert.match(
    stderr.text,
    /^logtransfer: Elasticsearch was not done with it within 1 s\nlogtransfer: Kibana \(http:\/\/127\.0\.0\.1:9\) gave no proper answer/,
  )
})
