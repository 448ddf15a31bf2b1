import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime/errors'
import { askAgents } from './ask.ts'
import { keysOf, parseKey } from './keys.ts'
import type { Leases } from './lease.ts'
import { maxMailBytes } from './mail/mail.ts'
import { type AgentReply, parseRequest } from './request.ts'
import type { ConfigStore } from './store.ts'
import { openTestStore } from './test-store.ts'

type Store = ConfigStore & Leases

const entries = [{ path: '/var/log/*.log', topic: 'web_log' }]
const request = { by: 'ada', waitMs: 10_000, files: 1, lines: 1, lineBytes: 100, replyBytes: maxMailBytes, entries }

/** Answers each request under the prefix as `reply` says, until the test ends. */
async function standIn(
  t: TestContext,
  { store, prefix }: { store: Store; prefix: string },
  reply: (agent: string, value: string) => AgentReply | string | null,
): Promise<void> {
  const stop = new AbortController()
  const { revision } = await store.list(prefix)
  const watched = store.watch(
    keysOf(prefix, 'request'),
    revision + 1,
    (change) => {
      const parsed = parseKey(prefix, change.key)
      if (parsed?.kind !== 'request' || change.kind === 'delete') return
      const said = reply(parsed.id, change.value)
      if (said === null) return
      const value = typeof said === 'string' ? said : JSON.stringify(said)
      // Failing ends the test by itself: the asker goes without this answer.
      store.put(`${keysOf(prefix, 'reply')}${parsed.number}`, value).catch(() => undefined)
    },
    stop.signal,
  )
  t.after(async () => {
    stop.abort()
    await watched.catch(() => undefined)
  })
}

test('every agent is asked, each answer is its own, and no request is left behind', async (t) => {
  const own = await openTestStore(t)
  await standIn(t, own, (agent, value) => {
    assert.ok('request' in parseRequest(value, 'k'))
    return { kind: 'refused', agent, reason: `I am ${agent}.` }
  })
  const agents = Array.from({ length: 40 }, (_, i) => `web-${i}`)
  const results = await askAgents({ ...own, agents, request }, AbortSignal.timeout(20_000))
  assert.deepEqual(
    results,
    agents.map((agent) => ({ agent, reply: { kind: 'refused', agent, reason: `I am ${agent}.` } })),
  )
  assert.deepEqual((await own.store.list(keysOf(own.prefix, 'request'))).items, [])
})

test('who does not answer in time is told, with the answers of the others', async (t) => {
  const own = await openTestStore(t)
  await standIn(t, own, (agent) => (agent === 'b' ? null : { kind: 'preview', agent, entries: [] }))
  const began = performance.now()
  const results = await askAgents(
    { ...own, agents: ['a', 'b'], request: { ...request, waitMs: 700 } },
    AbortSignal.timeout(20_000),
  )
  assert.ok(performance.now() - began >= 690)
  assert.deepEqual(results, [
    { agent: 'a', reply: { kind: 'preview', agent: 'a', entries: [] } },
    { agent: 'b', reply: null },
  ])
  assert.deepEqual((await own.store.list(keysOf(own.prefix, 'request'))).items, [])
})

test('an answer that is none, or in the name of another, is told as such', async (t) => {
  const own = await openTestStore(t)
  await standIn(t, own, (agent) => (agent === 'a' ? '{"kind":' : { kind: 'refused', agent: 'a', reason: 'x' }))
  const results = await askAgents({ ...own, agents: ['a', 'b'], request }, AbortSignal.timeout(20_000))
  for (const { agent, reply } of results) {
    assert.deepEqual(reply, { kind: 'refused', agent, reason: 'Its answer cannot be read.' })
  }
})

test('an asker that is stopped takes its requests back at once', async (t) => {
  const own = await openTestStore(t)
  const stop = new AbortController()
  await standIn(t, own, () => {
    stop.abort()
    return null
  })
  await assert.rejects(askAgents({ ...own, agents: ['a'], request }, stop.signal), (error) =>
    isLogpipeError(error, 'aborted'),
  )
  assert.deepEqual((await own.store.list(keysOf(own.prefix, 'request'))).items, [])
})

test('a request that is too large is refused before anything is written', async (t) => {
  const own = await openTestStore(t)
  const large = { ...request, entries: [{ ...entries[0], note: 'x'.repeat(maxMailBytes) }] }
  await assert.rejects(askAgents({ ...own, agents: ['a'], request: large }, AbortSignal.timeout(5_000)), (error) =>
    isLogpipeError(error, 'settings_invalid'),
  )
})
