import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { closeAfter, TcpProxy, testServers } from '@logpipe/testkit'
import { ElasticsearchClient } from './client.ts'

test('half-open connections cost one deadline, however many of them there are', async (t) => {
  const proxy = await TcpProxy.start(t, testServers().elasticsearchNodes[0] ?? '')
  const client = new ElasticsearchClient({ nodes: [`http://${proxy.address}`], requestTimeoutMs: 1_000 })
  closeAfter(t, () => client.close())
  const ask = async (): Promise<number> => {
    const { status } = await client.request({ method: 'GET', path: '/_cluster/health' }, t.signal)
    return status
  }
  assert.deepEqual(await Promise.all([ask(), ask(), ask(), ask()]), [200, 200, 200, 200])
  assert.ok(proxy.connections > 1, `${proxy.connections} connections stand idle`)
  proxy.strand()
  await assert.rejects(ask, (error) => isLogpipeError(error, 'deadline_exceeded'))
  assert.equal(await ask(), 200)
})
