import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryPreview } from '@logpipe/config'
import { answerWith } from './answer.ts'

const entries = [{ path: '/var/log/*.log', topic: 'web_log' }]
const least = { kind: 'preview', by: 'ada', waitMs: 10_000, entries }
const row = (id: string): EntryPreview => ({
  id,
  refused: null,
  matched: 0,
  files: [],
  ignoredCount: 0,
  ignored: [],
  isComplete: true,
})

test('a sound request is answered with the rows of its entries, in the name of the agent', async () => {
  const answer = answerWith(async (request, specs) => [row(`${request.by} ${specs[0]?.topic}`)], 'a')
  assert.deepEqual(await answer(JSON.stringify(least), 'k', AbortSignal.timeout(5_000)), {
    kind: 'preview',
    agent: 'a',
    entries: [row('ada web_log')],
  })
})

test('what cannot be answered is refused with a sentence, and a look that fails, too', async () => {
  const answer = answerWith(() => Promise.reject(new Error('the disk is on fire')), 'a')
  const reasonOf = async (value: unknown): Promise<string> => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const reply = await answer(text, 'k', AbortSignal.timeout(5_000))
    assert.ok(reply?.kind === 'refused' && 'agent' in reply && reply.agent === 'a' && 'reason' in reply)
    return String(reply.reason)
  }
  assert.match(await reasonOf('{'), /not JSON/)
  assert.match(await reasonOf({ kind: 'reboot' }), /reboot/)
  assert.match(await reasonOf({ ...least, entries: [{ path: 'x' }] }), /entries\[0\]/)
  assert.match(await reasonOf(least), /on fire/)
})

test('who has gone, or waited too long, is not answered', async () => {
  const answer = answerWith(
    (_request, _specs, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve([row('late')]), { once: true })),
    'a',
  )
  assert.equal(await answer(JSON.stringify({ ...least, waitMs: 1 }), 'k', AbortSignal.timeout(5_000)), null)
  assert.equal(await answer(JSON.stringify(least), 'k', AbortSignal.timeout(1)), null)
})
