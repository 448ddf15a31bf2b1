import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { AgentStatus, buildKey, type ConfigStore, type EntryState, type Leases, openEtcdStore } from '@logpipe/config'
import type { Stack } from '@logpipe/stack'
import { closeAfter, waitFor } from '@logpipe/testkit'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { ownStack } from '../lib/own-stack.ts'
import { figures, timeout } from './figures.ts'

const id = 'agent-17'
/** What an edit may take until it is collected: here a busy machine, in bench/control.ts it is measured. */
const takenMs = 10_000

interface EtcdRun {
  stack: Stack
  store: ConfigStore & Leases
  run: AgentRun
  /** The host's entries: one for each name, which is a file's and the entry's id. */
  wish: (...names: string[]) => Promise<void>
  key: string
  /** Waits until the agent reports these entries, and no others, each in that state. */
  reports: (rows: Record<string, EntryState>) => Promise<void>
}

/** An agent whose entries stand in an etcd of its own. */
async function start(t: TestContext, members: number): Promise<EtcdRun> {
  const stack = await ownStack(t, { services: ['etcd'], etcdMembers: members })
  const { endpoints } = stack.addresses.etcd
  const store = await openEtcdStore({ endpoints })
  closeAfter(t, () => store.close())
  const ip = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
  const key = buildKey('/logpipe', { kind: 'host', ip })
  const run = await AgentRun.start(t, {
    hasEntries: false,
    settings: { etcd: { endpoints, leaseMs: figures.leaseMs }, ip, id },
  })
  const wish = async (...names: string[]): Promise<void> => {
    const entries = names.map((name) => ({ id: name, path: run.dir.file(`${name}.log`), topic: run.topic }))
    await written(() => store.put(key, JSON.stringify(entries)))
  }
  const reports = async (rows: Record<string, EntryState>): Promise<void> => {
    let last = 'nothing'
    const look = async (): Promise<boolean> => {
      const [item] = (await store.list(buildKey('/logpipe', { kind: 'status', id }))).items
      if (item === undefined) return false
      const { entries } = AgentStatus.parse(JSON.parse(item.value))
      last = JSON.stringify(Object.fromEntries(entries.map((row) => [row.id, row.state])))
      return last === JSON.stringify(rows)
    }
    await waitFor(() => look().catch(() => false), {
      what: `the agent to report ${JSON.stringify(rows)}`,
      deadlineMs: takenMs * 4,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\nIt reported last: ${last}\n${run.agent.output.slice(-3_000)}`)
    })
  }
  return { stack, store, run, wish, key, reports }
}

/** Tries a write until etcd takes it: during an election it takes none. */
async function written(write: () => Promise<unknown>): Promise<void> {
  await waitFor(
    () =>
      write().then(
        () => true,
        () => false,
      ),
    { what: 'etcd to take a write', deadlineMs: takenMs },
  )
}

test(
  'members of etcd are killed one after the other, the leader among them: changes are collected, no line is missing',
  { timeout },
  async (t) => {
    const { stack, run, wish } = await start(t, 3)
    const names: string[] = []
    let last: Log | undefined
    for (const member of stack.etcd) {
      names.push(`file-${names.length}`)
      await wish(...names)
      const log = run.log(`${names.at(-1)}.log`)
      log.write(1_000)
      await member.kill('SIGKILL')
      names.push(`file-${names.length}`)
      await wish(...names)
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
    const { stack, store, run, wish, reports } = await start(t, 1)
    const [etcd] = stack.etcd
    assert.ok(etcd)
    const [a, b, c] = [run.log('a.log'), run.log('b.log'), run.log('c.log')]
    await wish('a')
    a.write(100)
    await reports({ a: 'APPLIED' })

    await etcd.kill('SIGTERM')
    const data = dataFolder(etcd.logTail(2_000)) ?? assert.fail('etcd says where its data is')
    cpSync(data, `${data}.older`, { recursive: true })
    await run.kill()
    await run.agent.restart()
    a.write(100)
    await run.begun(a, 199)

    await etcd.start()
    await wish('a', 'b')
    b.write(100)
    await run.begun(b, 99)

    // All that happened while nobody watched is forgotten.
    await run.hang()
    await wish('b', 'c')
    await compact(stack)
    run.wake()
    c.write(100)
    await run.begun(c, 99)
    await reports({ b: 'APPLIED', c: 'APPLIED' })

    await etcd.kill('SIGTERM')
    rmSync(data, { recursive: true })
    cpSync(`${data}.older`, data, { recursive: true })
    await etcd.start()
    await reports({ a: 'APPLIED' })
    a.write(100)
    await run.conserved({ fresh: a })
    assert.equal((await store.list('/logpipe/agents/')).items.length, 1)
    await run.stop()
  },
)

test(
  'broken values, keys deleted and made again, hundreds of edits: what is sound runs, its lines come once',
  { timeout },
  async (t) => {
    const { store, run, wish, key, reports } = await start(t, 1)
    const log = run.log('a.log')
    await wish('a')
    log.write(100)
    await reports({ a: 'APPLIED' })
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
    await reports({ a: 'FAILED' })
    await run.arrived()
    await wish('a')
    await reports({ a: 'APPLIED' })
    await store.delete(key)
    log.write(100)
    await wish('a')
    for (let round = 0; round < figures.edits; round++) {
      await wish(...(round % 2 === 0 ? ['a', `b${round}`] : ['a']))
      log.write(10)
      await pause(figures.editPauseMs)
    }
    await wish('a')
    await reports({ a: 'APPLIED' })
    await run.conserved({ fresh: log })
    await run.stop()
  },
)

test(
  'an agent that hangs for longer than its lease is gone from the list, and back when it wakes',
  { timeout },
  async (t) => {
    const { store, run, wish, reports } = await start(t, 1)
    const log = run.log('a.log')
    await wish('a')
    log.write(100)
    await reports({ a: 'APPLIED' })
    const agents = async (): Promise<number> => (await store.list('/logpipe/agents/')).items.length
    assert.equal(await agents(), 1)
    await run.hang()
    await waitFor(async () => (await agents()) === 0, { what: 'the agent to count as gone', deadlineMs: 60_000 })
    run.wake()
    log.write(100)
    await waitFor(async () => (await agents()) === 1, { what: 'the agent to be registered again', deadlineMs: takenMs })
    await reports({ a: 'APPLIED' })
    await run.conserved({ fresh: log })
    await run.stop()
  },
)

/** etcd's history up to now is dropped; by its HTTP gateway, since nobody but tests does so. */
async function compact(stack: Stack): Promise<void> {
  const [endpoint = ''] = stack.addresses.etcd.endpoints
  const call = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
    const response = await fetch(`${endpoint}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })
    assert.equal(response.status, 200)
    return (await response.json()) as { header?: { revision?: string } }
  }
  const { header } = await call('range', { key: Buffer.from('/').toString('base64') })
  await call('compaction', { revision: header?.revision, physical: true })
}

/** Where an etcd that has ended kept its data. */
function dataFolder(log: string): string | undefined {
  return /"data-dir":"([^"]+)"/.exec(log)?.[1]
}
