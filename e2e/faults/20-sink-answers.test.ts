import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BulkFault, type BulkRequest, ElasticsearchProxy } from '@logpipe/testkit'
import { TransferRun } from '../lib/transfer-run.ts'
import { figures, timeout } from './figures.ts'

const error = (status: number, type: string): string => JSON.stringify({ error: { type, reason: 'made up' }, status })
const refused = (status: number, type: string): BulkFault => ({ kind: 'refused', status, body: error(status, type) })
const everyThird = (_: Buffer, index: number): boolean => index % 3 === 0
const tooLarge = '413 for the request'
const rejectedItem = 'es_rejected_execution_exception'

/** What the stand-in answers, in turn. What it does not refuse itself is done by the real server: 409 comes from there, by the resend. */
const faults: Record<string, BulkFault> = {
  '429 for a third of the items': {
    kind: 'items',
    status: 429,
    type: rejectedItem,
    reason: 'made up',
    isHit: everyThird,
  },
  '503 for all items': {
    kind: 'items',
    status: 503,
    type: 'unavailable_shards_exception',
    reason: 'x',
    isHit: () => true,
  },
  '500 for one item': { kind: 'items', status: 500, type: 'exception', reason: 'x', isHit: (_, index) => index === 1 },
  '429 for the request': refused(429, rejectedItem),
  '503 for the request': refused(503, 'cluster_block_exception'),
  "503 of a load balancer, which knows nothing of Elasticsearch's errors": {
    kind: 'refused',
    status: 503,
    body: '<html>',
  },
  "400 of a proxy, which knows nothing of Elasticsearch's errors": { kind: 'refused', status: 400, body: '<html>' },
  '401 for the request': refused(401, 'security_exception'),
  [tooLarge]: { kind: 'refused', status: 413 },
  'a reset after the body was sent': { kind: 'reset' },
  'no answer': { kind: 'mute' },
  'an answer that ends early': { kind: 'cut' },
  'half an answer': { kind: 'garbled' },
  'an answer that lacks an item': { kind: 'short' },
}

test(
  'wrong answers of all kinds among the right ones: every line is in the index once, none is a dead letter',
  { timeout },
  async (t) => {
    const { run, proxy } = await start(t)
    const met = new Set<string>()
    const names = Object.keys(faults)
    proxy.play({
      before: ({ number, items }) => {
        // Every other one is well, so that something goes on all the time.
        const name = number % 2 === 0 ? undefined : names[Math.floor(number / 2) % names.length]
        // No limit is so low that it stops a single line.
        if (name === undefined || (name === tooLarge && items.length === 1)) return null
        met.add(name)
        return faults[name] ?? null
      },
    })
    await Promise.all(Array.from({ length: 4 }, () => run.open().write((figures.wrongBulks * bulkDocs) / 4)))
    await run.indexed()
    assert.deepEqual([...met].toSorted(), names.toSorted())
    assert.ok((await run.metric('documents_existing_total')) > 0, 'what had been done already was answered with 409')
    assert.ok((await run.metric('documents_retried_total')) > 0, 'items that were turned away are counted')
    assert.ok((await run.metric('bulk_failures_total')) > 0, 'so are requests of which nothing was known')
    proxy.play()
    await run.conserved()
  },
)

test(
  'requests that are too large by bytes are cut until they fit; one document that never fits is a dead letter with its reason',
  { timeout },
  async (t) => {
    const { run, proxy } = await start(t)
    const limit = 40_000
    proxy.play({ before: ({ body }) => (body.length > limit ? { kind: 'refused', status: 413 } : null) })
    const huge = run.open({ lineBytes: limit + 1 })
    await Promise.all([huge.write(2), ...Array.from({ length: 4 }, () => run.open().write(2_000))])
    const letters = await run.conserved({ dead: 2 })
    for (const { type, reason, line } of letters) {
      assert.equal(type, 'request_too_large')
      assert.match(reason, /413/)
      assert.equal(line.length, limit + 1)
    }
  },
)

test(
  'a request that is refused for one document is cut until that one stands alone: it is a dead letter with the reason, the others are indexed',
  { timeout },
  async (t) => {
    const { run, proxy } = await start(t)
    const poison = run.open({ path: '/var/log/poison.log' })
    const isPoison = ({ body }: BulkRequest): boolean => body.includes('/var/log/poison.log')
    proxy.play({ before: (bulk) => (isPoison(bulk) ? refused(400, 'illegal_argument_exception') : null) })
    await Promise.all([poison.write(3), ...Array.from({ length: 4 }, () => run.open().write(2_000))])
    const letters = await run.conserved({ dead: 3 })
    for (const { reason } of letters) assert.match(reason, /illegal_argument_exception: made up/)
  },
)

const bulkDocs = 100

async function start(t: Parameters<typeof TransferRun.start>[0]): Promise<{
  run: TransferRun
  proxy: ElasticsearchProxy
}> {
  // An answer that never comes is given up after the least that may be set.
  const settings = { elasticsearch: { bulkDocs, bulkAgeMs: 50, inFlight: 4, requestTimeoutMs: 1_000 } }
  const run = await TransferRun.start(t, { instances: 0, settings })
  const proxy = await ElasticsearchProxy.start(t, run.node)
  await run.add(proxy.url)
  return { run, proxy }
}
