import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import { keysOf } from '@logpipe/config'
import { waitFor } from '@logpipe/testkit'
import type { Log } from '../lib/agent-run.ts'
import { withMovableClock } from '../lib/clock-shift.ts'
import { compactHistory, keepCopy } from '../lib/etcd-history.ts'
import { EtcdRun, takenMs } from '../lib/etcd-run.ts'
import { figures, timeout } from './figures.ts'

/** Registrations that stand in etcd now. */
async function agents({ store, prefix }: EtcdRun): Promise<number> {
  return (await store.list(keysOf(prefix, 'agent'))).items.length
}

test(
  'members of etcd are killed one after the other, the leader among them: changes are collected, no line is missing',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t, { members: 3 })
    const { run, stack } = own
    const names: string[] = []
    let last: Log | undefined
    for (const member of stack?.etcd ?? []) {
      names.push(`file-${names.length}`)
      await own.wish(...names)
      const log = run.log(`${names.at(-1)}.log`)
      log.write(1_000)
      await member.kill('SIGKILL')
      names.push(`file-${names.length}`)
      await own.wish(...names)
      const during = run.log(`${names.at(-1)}.log`)
      during.write(1_000)
      await run.begun(during, 0)
      await member.start()
      last = during
    }
    assert.ok(last)
    await run.conserved({ fresh: last })
    await run.stop()
  },
)

test(
  'an etcd that is away, at a start too, that has forgotten, and that was restored from an older copy',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t, { members: 1 })
    const { run, stack } = own
    assert.ok(stack)
    const [etcd] = stack.etcd
    assert.ok(etcd)
    const [a, b, c] = [run.log('a.log'), run.log('b.log'), run.log('c.log')]
    await own.wish('a')
    a.write(100)
    await own.reports({ a: 'APPLIED' })

    await etcd.kill('SIGTERM')
    const restore = keepCopy(etcd)
    await run.kill()
    await run.agent.restart()
    a.write(100)
    await run.begun(a, 199)

    await etcd.start()
    await own.wish('a', 'b')
    b.write(100)
    await run.begun(b, 99)

    // All that happened while nobody watched is forgotten.
    await run.hang()
    await own.wish('b', 'c')
    await compactHistory(stack)
    run.wake()
    c.write(100)
    await run.begun(c, 99)
    await own.reports({ b: 'APPLIED', c: 'APPLIED' })

    await etcd.kill('SIGTERM')
    restore()
    await etcd.start()
    await own.reports({ a: 'APPLIED' })
    a.write(100)
    await run.conserved({ fresh: a })
    assert.equal(await agents(own), 1)
    await run.stop()
  },
)

test(
  'broken values, keys deleted and made again, hundreds of edits: what is sound runs, its lines come once',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t, { members: 1 })
    const { store, run, key } = own
    const log = run.log('a.log')
    await own.wish('a')
    log.write(100)
    await own.reports({ a: 'APPLIED' })
    for (const value of [
      '{"path": ',
      '"text"',
      '[{"id": "a"}, 5, null]',
      `[${'['.repeat(5_000)}`,
      'x'.repeat(1_000_000),
    ]) {
      await store.put(key, value)
      log.write(100)
    }
    await own.reports({ a: 'FAILED' })
    await run.arrived()
    await own.wish('a')
    await own.reports({ a: 'APPLIED' })
    await store.delete(key)
    log.write(100)
    await own.wish('a')
    for (let round = 0; round < figures.edits; round++) {
      await own.wish(...(round % 2 === 0 ? ['a', `b${round}`] : ['a']))
      log.write(10)
      await pause(figures.editPauseMs)
    }
    await own.applied(await own.wish('a'))
    await run.conserved({ fresh: log })
    await run.stop()
  },
)

test(
  'an agent that hangs for longer than its lease is gone from the list, and back when it wakes',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t, { members: 1 })
    const { run } = own
    const log = run.log('a.log')
    await own.wish('a')
    log.write(100)
    await own.reports({ a: 'APPLIED' })
    assert.equal(await agents(own), 1)
    await run.hang()
    await waitFor(async () => (await agents(own)) === 0, { what: 'the agent to count as gone', deadlineMs: 60_000 })
    run.wake()
    log.write(100)
    await waitFor(async () => (await agents(own)) === 1, {
      what: 'the agent to be registered again',
      deadlineMs: takenMs,
    })
    await own.reports({ a: 'APPLIED' })
    await run.conserved({ fresh: log })
    await run.stop()
  },
)

test(
  'the clock of an agent an hour ahead, an hour back, and right again: it never counts as gone, and changes are collected and reported',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t, { run: { daemon: { env: withMovableClock() } } })
    const { run, store, prefix } = own
    const names = ['file-0']
    const log = run.log('file-0.log')
    await own.applied(await own.wish(...names))
    const { revision } = await store.list(prefix)
    const watching = new AbortController()
    const gone: string[] = []
    const watch = store.watch(
      keysOf(prefix, 'agent'),
      revision + 1,
      ({ kind, key }) => void (kind === 'delete' && gone.push(key)),
      watching.signal,
    )
    for (let shift = 0; shift < 3; shift++) {
      run.agent.signal('SIGUSR2')
      names.push(`file-${names.length}`)
      run.log(`${names.at(-1)}.log`).write(100)
      log.write(100)
      await own.applied(await own.wish(...names))
      // Longer than a lease lasts that is not renewed.
      await pause(figures.leaseMs * 1.3)
    }
    await run.conserved({ fresh: log })
    watching.abort()
    await watch
    assert.deepEqual(gone, [])
    await run.stop()
  },
)
