import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { FakeClock, isLogpipeError } from '@logpipe/runtime'
import { closeAfter } from '@logpipe/testkit'
import { ElasticsearchClient } from './client.ts'
import { fakeElasticsearch } from './fake-server.ts'
import { NodeChoice } from './node-choice.ts'

test('nodes take turns; one that failed rests, is tried by one request, and rests longer or is back', () => {
  const clock = new FakeClock()
  const choice = new NodeChoice(3, clock)
  const next = (count: number): number[] => Array.from({ length: count }, () => choice.next())
  assert.deepEqual(next(4), [0, 1, 2, 0])
  choice.failed(1)
  assert.deepEqual(next(4), [2, 0, 2, 0])
  clock.advance(5_000)
  assert.deepEqual(next(4), [1, 2, 0, 2], 'one request tries it')
  choice.failed(1)
  clock.advance(9_000)
  assert.deepEqual(next(2), [0, 2])
  clock.advance(1_000)
  assert.deepEqual(next(2), [0, 1])
  choice.answered(1)
  assert.deepEqual(next(3), [2, 0, 1])
})

test('where all nodes have failed, each is tried in the end', () => {
  const choice = new NodeChoice(3, new FakeClock())
  const tried = new Set<number>()
  for (let i = 0; i < 9; i++) {
    const node = choice.next()
    tried.add(node)
    choice.failed(node)
  }
  assert.equal(tried.size, 3)
  assert.equal(new NodeChoice(1).next(), 0)
})

for (const [what, answers] of [
  ['takes connections and never answers', true],
  ['refuses connections', false],
] as const) {
  test(`a first node that ${what} costs one request, and the others are asked`, async (t) => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    t.after(() => silent.close())
    if (!answers) silent.close()
    const good = await fakeElasticsearch(t, () => ({ status: 200 }))
    const nodes = [`http://127.0.0.1:${port}`, good]
    const client = new ElasticsearchClient({ nodes, requestTimeoutMs: 300 })
    closeAfter(t, () => client.close())
    const ask = async (): Promise<number> =>
      (await client.request({ method: 'GET', path: '/_cluster/health' }, t.signal)).status
    await assert.rejects(ask, (error) => {
      assert.ok(isLogpipeError(error) && error.retriable)
      assert.match(error.message, new RegExp(`Elasticsearch \\(http://127.0.0.1:${port}\\) gave no `))
      return true
    })
    for (let i = 0; i < 5; i++) assert.equal(await ask(), 200)
  })
}
