import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testCluster } from '../test-cluster.ts'
import { partitionKey } from '../cluster/responses.ts'
import { followLogEnds } from './log-ends.ts'

// A stand-in for the answer alone: no broker gives one that breaks our code.
test('whatever goes wrong with the question for the end of a topic, it is asked again, and who fetches goes on', async (t) => {
  const { log } = testCluster(t)
  const ending = new AbortController()
  const found: number[] = []
  const partition = {
    topic: 't',
    partition: 0,
    logEndAtMs: -Infinity,
    foundLogEnd: (offset: number): void => {
      found.push(offset)
      ending.abort()
    },
  }
  let asked = 0
  const listOffsets = (): Promise<Map<string, number>> => {
    if (++asked === 1) return Promise.reject(new TypeError('a bug of ours'))
    return Promise.resolve(new Map([[partitionKey('t', 0), 7]]))
  }
  await followLogEnds({ listOffsets, log }, [partition], 1, AbortSignal.any([ending.signal, t.signal]))
  assert.deepEqual([asked, found], [2, [7]])
})
