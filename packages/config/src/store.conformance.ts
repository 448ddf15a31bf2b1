import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ErrorCode, isLogpipeError } from '@logpipe/runtime/errors'
import type { ConfigStore, StoreChange } from './store.ts'

/** What a store must bring to be tested. */
export interface StoreUnderTest {
  store: ConfigStore
  /** What all keys of this test start with; no one else uses it. */
  prefix: string
  /** Forgets the changes before `revision`. */
  compact(revision: number): Promise<void>
}

/** The suite that every ConfigStore passes. `open` makes a store and an own prefix, and cleans up after the test. */
export function storeConformance(name: string, open: (t: TestContext) => Promise<StoreUnderTest>): void {
  const promise = (text: string, run: (under: StoreUnderTest) => Promise<void>): void => {
    test(`${name}: ${text}`, { timeout: 30_000 }, async (t) => run(await open(t)))
  }

  promise('list gives the keys under a prefix in byte order, and nothing beside it', async ({ store, prefix }) => {
    for (const key of ['b', 'a/2', 'a/10', 'ä', '']) await store.put(`${prefix}/x/${key}`, `value of ${key}`)
    await store.put(`${prefix}/xy`, 'not under it')
    const { items, revision } = await store.list(`${prefix}/x/`)
    assert.deepEqual(
      items.map(({ key }) => key.slice(`${prefix}/x/`.length)),
      ['', 'a/10', 'a/2', 'b', 'ä'],
    )
    assert.equal(items[1]?.value, 'value of a/10')
    assert.ok(items.every(({ modRevision }) => modRevision > 0 && modRevision <= revision))
    assert.deepEqual((await store.list(`${prefix}/none/`)).items, [])
  })

  promise('list gives a part: from a key on, so many at most', async ({ store, prefix }) => {
    const names = ['a', 'a/2', 'b', 'ä', 'ö']
    for (const key of names) await store.put(`${prefix}/${key}`, key)
    await store.put(`${prefix}0`, 'behind all of them')
    const part = async (from: string, limit?: number): Promise<string[]> => {
      const options = { from: `${prefix}/${from}`, ...(limit !== undefined && { limit }) }
      return (await store.list(`${prefix}/`, options)).items.map(({ value }) => value)
    }
    assert.deepEqual(await part('a', 2), ['a', 'a/2'])
    assert.deepEqual(await part('a\0', 2), ['a/2', 'b'], 'from a key on that is not there')
    assert.deepEqual(await part('b'), ['b', 'ä', 'ö'])
    assert.deepEqual(await part('z', 1), ['ä'])
    assert.deepEqual(await part('\u{10ffff}'), [], 'from behind the last')
    const before = await store.list(`${prefix}/`, { from: '', limit: 2 })
    assert.deepEqual(
      before.items.map(({ value }) => value),
      ['a', 'a/2'],
      'from before the prefix',
    )
  })

  promise('list reads more keys than one page holds', async ({ store, prefix }) => {
    const count = 1_203
    for (let from = 0; from < count; from += 100) {
      const numbers = Array.from({ length: Math.min(100, count - from) }, (_, i) => from + i)
      await Promise.all(
        numbers.map((number) => store.put(`${prefix}/${String(number).padStart(5, '0')}`, String(number))),
      )
    }
    const { items } = await store.list(`${prefix}/`)
    assert.deepEqual(
      items.map(({ value }) => Number(value)),
      Array.from({ length: count }, (_, i) => i),
    )
  })

  promise('revisions grow with every write', async ({ store, prefix }) => {
    const first = await store.put(`${prefix}/a`, '1')
    const second = await store.put(`${prefix}/b`, '1')
    assert.ok(second > first)
    const { revision, items } = await store.list(`${prefix}/`)
    assert.ok(revision >= second)
    assert.deepEqual(
      items.map(({ modRevision }) => modRevision),
      [first, second],
    )
  })

  promise('a write for a revision that is gone is refused, and changes nothing', async ({ store, prefix }) => {
    const key = `${prefix}/a`
    const first = await store.put(key, '1', { ifRevision: 0 })
    await rejects(store.put(key, '2', { ifRevision: 0 }), 'etcd_conflict')
    const second = await store.put(key, '2', { ifRevision: first })
    await rejects(store.put(key, '3', { ifRevision: first }), 'etcd_conflict')
    assert.deepEqual((await store.list(key)).items, [{ key, value: '2', modRevision: second }])
  })

  promise('of many editors of one revision exactly one gets through', async ({ store, prefix }) => {
    const base = await store.put(`${prefix}/a`, '0')
    const writes = Array.from({ length: 10 }, (_, i) => store.put(`${prefix}/a`, String(i), { ifRevision: base }))
    const outcomes = await Promise.allSettled(writes)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  promise('delete tells whether the key was there', async ({ store, prefix }) => {
    await store.put(`${prefix}/a`, '1')
    assert.equal(await store.delete(`${prefix}/a`), true)
    assert.equal(await store.delete(`${prefix}/a`), false)
  })

  promise(
    'a delete for a revision that is gone is refused; else what goes beside it is written with it',
    async (under) => {
      const { store, prefix } = under
      const key = `${prefix}/a`
      const first = await store.put(key, '1')
      const second = await store.put(key, '2')
      const beside = [{ key: `${prefix}/beside`, value: 'why' }]
      await rejects(store.delete(key, { ifRevision: first, beside }), 'etcd_conflict')
      assert.deepEqual((await store.list(`${prefix}/`)).items, [{ key, value: '2', modRevision: second }])
      const watching = watchFor(store, `${prefix}/`, second + 1, 2)
      assert.equal(await store.delete(key, { ifRevision: second, beside }), true)
      const changes = await watching.all
      assert.deepEqual(changes.map(({ kind }) => kind).toSorted(), ['delete', 'put'])
      assert.equal(new Set(changes.map(({ modRevision }) => modRevision)).size, 1, 'one transaction')
      assert.deepEqual(
        (await store.list(`${prefix}/`)).items.map(({ value }) => value),
        ['why'],
      )
      assert.equal(await store.delete(key, { ifRevision: 0, beside }), false)
    },
  )

  promise('watch brings what happened since the revision, then what happens, in order', async ({ store, prefix }) => {
    await store.put(`${prefix}/a`, 'before')
    const { revision } = await store.list(`${prefix}/`)
    const put = await store.put(`${prefix}/a`, 'missed')
    await store.put(`${prefix}-beside`, 'not under it')
    const watching = watchFor(store, `${prefix}/`, revision + 1, 3)
    await watching.seen(1)
    const second = await store.put(`${prefix}/b`, 'live')
    await store.delete(`${prefix}/a`)
    const changes = await watching.all
    assert.deepEqual(changes.slice(0, 2), [
      { kind: 'put', key: `${prefix}/a`, value: 'missed', modRevision: put },
      { kind: 'put', key: `${prefix}/b`, value: 'live', modRevision: second },
    ])
    const last = changes[2]
    assert.deepEqual([last?.kind, last?.key], ['delete', `${prefix}/a`])
    assert.ok((last?.modRevision ?? 0) > second)
  })

  promise(
    'list, then watch from its revision + 1, misses nothing and brings nothing twice',
    async ({ store, prefix }) => {
      const total = 60
      const writing = (async () => {
        for (let n = 0; n < total; n++) await store.put(`${prefix}/${n}`, String(n))
      })()
      await store.put(`${prefix}/start`, 'x')
      const { revision, items } = await store.list(`${prefix}/`)
      const watching = watchFor(store, `${prefix}/`, revision + 1, total + 1 - items.length)
      const changes = await watching.all
      await writing
      const keys = [...items.map(({ key }) => key), ...changes.map(({ key }) => key)]
      assert.equal(new Set(keys).size, total + 1)
      assert.equal(keys.length, total + 1)
    },
  )

  promise('watch of a forgotten revision rejects with etcd_compacted', async ({ store, prefix, compact }) => {
    const first = await store.put(`${prefix}/a`, '1')
    await store.put(`${prefix}/a`, '2')
    await compact(await store.put(`${prefix}/a`, '3'))
    await rejects(
      store.watch(`${prefix}/`, first, () => {}, new AbortController().signal),
      'etcd_compacted',
    )
  })

  promise('watch resolves when its signal aborts, also when it had aborted before', async ({ store, prefix }) => {
    const stop = new AbortController()
    const watching = store.watch(`${prefix}/`, 1_000_000_000, () => {}, stop.signal)
    stop.abort()
    await watching
    await store.watch(`${prefix}/`, 1, () => assert.fail('aborted before'), stop.signal)
  })

  promise('an error of the listener ends the watch with it', async ({ store, prefix }) => {
    const from = await store.put(`${prefix}/a`, '1')
    const fail = (): void => {
      throw new RangeError('the listener broke')
    }
    await rejects(store.watch(`${prefix}/`, from, fail, new AbortController().signal), 'internal')
  })

  promise('after close, watches and calls reject with etcd_unavailable', async ({ store, prefix }) => {
    const { revision } = await store.list(`${prefix}/`)
    const watching = store.watch(`${prefix}/`, revision + 1, () => {}, new AbortController().signal)
    const ended = rejects(watching, 'etcd_unavailable')
    await store.close()
    await ended
    await rejects(store.list(prefix), 'etcd_unavailable')
    await rejects(store.put(`${prefix}/a`, '1'), 'etcd_unavailable')
    await store.close()
  })
}

async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isLogpipeError(error, code), `${code} expected, got ${String(error)}`)
    return true
  })
}

/** Watches until `count` changes have come. */
function watchFor(
  store: ConfigStore,
  prefix: string,
  from: number,
  count: number,
): { all: Promise<StoreChange[]>; seen(number: number): Promise<void> } {
  const stop = new AbortController()
  const changes: StoreChange[] = []
  let wake: () => void = () => {}
  const onChange = (change: StoreChange): void => {
    changes.push(change)
    wake()
    if (changes.length >= count) stop.abort()
  }
  if (count <= 0) stop.abort()
  const all = store.watch(prefix, from, onChange, stop.signal).then(() => changes)
  return {
    all,
    async seen(number) {
      while (changes.length < number) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), all])
    },
  }
}
