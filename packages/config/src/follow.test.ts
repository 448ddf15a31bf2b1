import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { LogpipeError } from '@logpipe/runtime/errors'
import { type Followed, followKeys } from './follow.ts'
import { MemoryStore } from './store-memory.ts'

interface Following {
  seen: [texts: string, wentBack: boolean][]
  reached: boolean[]
  /** Resolves when so many were seen. */
  until: (count: number) => Promise<void>
}

function follow(t: TestContext, store: MemoryStore, reconcileMs = 60_000): Following {
  const seen: Following['seen'] = []
  const reached: boolean[] = []
  let wake = (): void => {}
  const onChange = ({ items, wentBack }: Followed): void => {
    seen.push([[...items].map(([key, { value }]) => `${key}=${value}`).join(' '), wentBack])
    wake()
  }
  const stop = new AbortController()
  const onReach = (error: unknown): void => void reached.push(error === null)
  const done = followKeys({ store, prefix: '/a/', onChange, onReach, reconcileMs }, stop.signal)
  t.after(async () => {
    stop.abort()
    await done
  })
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  return { seen, reached, until }
}

test(
  'what stands there, what is put and what is deleted is told; what stands beside it is not',
  { timeout: 5_000 },
  async (t) => {
    const store = new MemoryStore()
    await store.put('/a/1', 'x')
    const { seen, until } = follow(t, store)
    await until(1)
    await store.put('/ab', 'beside')
    await store.put('/a/2', 'y')
    await store.delete('/a/1')
    await until(3)
    assert.deepEqual(seen, [
      ['/a/1=x', false],
      ['/a/1=x /a/2=y', false],
      ['/a/2=y', false],
    ])
  },
)

test('an empty store is told, too: nothing is asked for', { timeout: 5_000 }, async (t) => {
  const { seen, until } = follow(t, new MemoryStore())
  await until(1)
  assert.deepEqual(seen, [['', false]])
})

test(
  'a watch that is silent is made up for by reading again, and what is the same is not told twice',
  { timeout: 5_000 },
  async (t) => {
    class Silent extends MemoryStore {
      lists = 0
      override watch(...[, , , signal]: Parameters<MemoryStore['watch']>): Promise<void> {
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      }
      override async list(prefix: string): ReturnType<MemoryStore['list']> {
        if (++this.lists === 4) await this.put('/a/1', 'x')
        return await super.list(prefix)
      }
    }
    const { seen, until } = follow(t, new Silent(), 5)
    await until(2)
    assert.deepEqual(seen, [
      ['', false],
      ['/a/1=x', false],
    ])
  },
)

test(
  'a store that is away, and comes back having forgotten what happened, is read again',
  { timeout: 5_000 },
  async (t) => {
    const store = new MemoryStore()
    const { seen, reached, until } = follow(t, store)
    await until(1)
    store.setAvailable(false)
    // The watch that ended must not hear what happens from now on.
    while (reached.length < 2) await new Promise<void>((resolve) => setImmediate(resolve))
    store.setAvailable(true)
    store.compact((await store.put('/a/1', 'x')) + 1)
    await until(2)
    assert.deepEqual(seen.at(-1), ['/a/1=x', false])
    assert.deepEqual(reached, [true, false, true])
  },
)

test(
  'an older copy that was restored is what counts, and is told as such even where it looks the same',
  { timeout: 5_000 },
  async (t) => {
    const revisions = [7, 3]
    class Restored extends MemoryStore {
      override async list(): ReturnType<MemoryStore['list']> {
        return { revision: revisions.shift() ?? 3, items: [{ key: '/a/1', value: 'x', modRevision: 2 }] }
      }
      override async watch(...[, , , signal]: Parameters<MemoryStore['watch']>): Promise<void> {
        if (revisions.length > 0) throw new LogpipeError('etcd_compacted', 'gone', { retriable: true })
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      }
    }
    const { seen, until } = follow(t, new Restored())
    await until(2)
    assert.deepEqual(seen, [
      ['/a/1=x', false],
      ['/a/1=x', true],
    ])
  },
)

test('watches that all end at once are asked for more and more seldom', { timeout: 10_000 }, async (t) => {
  const lists: number[] = []
  let isEnough = (): void => {}
  const enough = new Promise<void>((resolve) => (isEnough = resolve))
  class Unwatchable extends MemoryStore {
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      lists.push(performance.now())
      if (lists.length === 4) isEnough()
      return await super.list(prefix)
    }
    override async watch(): Promise<void> {
      throw new LogpipeError('etcd_unavailable', 'no watches here', { retriable: true })
    }
  }
  follow(t, new Unwatchable())
  await enough
  assert.ok((lists[3] ?? 0) - (lists[0] ?? 0) > 650, 'three waits: 100, 200 and 400 ms at least')
})

test('a listener that fails ends the following with its error', async () => {
  const onChange = (): void => {
    throw new Error('listener')
  }
  const following = followKeys({ store: new MemoryStore(), prefix: '/', onChange }, new AbortController().signal)
  await assert.rejects(following, /^Error: listener$/)
})

test('those who began together do not all read again at the same moment', { timeout: 10_000 }, async (t) => {
  const followers = 20
  const times: number[] = []
  const enough = Promise.withResolvers<void>()
  class Counting extends MemoryStore {
    override async list(prefix: string): ReturnType<MemoryStore['list']> {
      if (times.push(performance.now()) === 2 * followers) enough.resolve()
      return await super.list(prefix)
    }
  }
  const store = new Counting()
  for (let i = 0; i < followers; i++) follow(t, store, 400)
  await enough.promise
  const again = times.slice(followers)
  assert.ok(Math.max(...again) - Math.min(...again) > 50, again.map(Math.round).join(' '))
})
