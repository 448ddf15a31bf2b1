import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
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
  // The client takes a connection that was answered for idle one turn later; before, it would open another one.
  await nextTurn()
  assert.ok(proxy.connections > 1, `${proxy.connections} connections stand idle`)
  proxy.strand()
  await assert.rejects(ask, (error) => isLogpipeError(error, 'deadline_exceeded'))
  assert.equal(await ask(), 200)
})

test("a request that is late ends alone: the caller's signal stays as it is for all others that listen to it", async (t) => {
  const proxy = await TcpProxy.start(t, testServers().elasticsearchNodes[0] ?? '')
  const client = new ElasticsearchClient({ nodes: [`http://${proxy.address}`], requestTimeoutMs: 500 })
  closeAfter(t, () => client.close())
  proxy.blackHole()
  const { signal } = new AbortController()
  let heard = 0
  signal.addEventListener('abort', () => heard++)
  for (const timeoutMs of [500, 700]) {
    const asked = client.request({ method: 'GET', path: '/_cluster/health', timeoutMs }, signal)
    await assert.rejects(asked, (error) => isLogpipeError(error, 'deadline_exceeded'))
  }
  assert.deepEqual([heard, signal.aborted], [0, false])
})
