import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { Checkpoint, Registry } from './registry.ts'

/** A checkpoint with every field set, for tests. */
export function sampleCheckpoint(change: Partial<Checkpoint> = {}): Checkpoint {
  return {
    sourceId: 'AAAAAAAAAAAAAAAA',
    epochs: { current: 217_372_883, start: 2 ** 40 + 1_000, before: 217_372_882 },
    generation: 1,
    entry: 'web',
    topic: 'web_log',
    path: '/var/log/web/access.log.1',
    homePath: '/var/log/web/access.log',
    realPath: '/data/logs/web/access.log.1',
    dev: 65_024n,
    ino: 18_446_744_073_709_551_615n,
    birthtimeNs: 1_795_212_083_326_761_443n,
    head: { length: 1_024, hash: 'n4bQgYhMfWWaL-qgxVrQFa' },
    acked: 2 ** 40 + 1,
    cursor: { length: 256, hash: 'LCa0a2j_xo_5m0U8HTBBNB' },
    reserved: 2 ** 40 + 16_777_216,
    cut: -1,
    state: 'active',
    seenMs: 1_795_212_083_326,
    ...change,
  }
}

/** What every registry promises. `open` gives a registry on the same storage each time, within one test. */
export function registryConformance(name: string, makeOpen: (t: TestContext) => () => Promise<Registry>): void {
  const first = sampleCheckpoint()
  const second = sampleCheckpoint({
    sourceId: 'BBBBBBBBBBBBBBBB',
    ino: 7n,
    cut: 99,
    acked: 99,
    state: 'lost',
    realPath: null,
  })

  suite(`registry: ${name}`, () => {
    test('a registry that never was is fresh and empty', async (t) => {
      const registry = await makeOpen(t)()
      assert.deepEqual(await registry.load(), {
        checkpoints: [],
        startedEntries: new Set(),
        plan: null,
        origin: 'fresh',
        rebuiltMs: null,
      })
      await registry.close()
    })

    test('what was saved is there again after closing and opening, to the last bit', async (t) => {
      const open = makeOpen(t)
      const registry = await open()
      await registry.load()
      await registry.save({ put: [first, second], remove: [], startedEntries: ['web'], plan: '[]' }, { durable: true })
      await registry.close()
      const again = await open()
      const { checkpoints, ...rest } = await again.load()
      assert.deepEqual(new Set(checkpoints), new Set([first, second]))
      assert.deepEqual(rest, { startedEntries: new Set(['web']), plan: '[]', origin: 'kept', rebuiltMs: null })
      await again.close()
    })

    test('put replaces, remove forgets, what is not named stays', async (t) => {
      const open = makeOpen(t)
      const registry = await open()
      await registry.load()
      await registry.save({ put: [first, second], remove: [], startedEntries: ['a'], plan: 'one' }, { durable: true })
      const moved = { ...second, acked: 150, cut: -1, state: 'finished' } as const
      await registry.save({ put: [moved], remove: [first.sourceId], startedEntries: ['b'] }, { durable: false })
      await registry.close()
      const again = await open()
      const content = await again.load()
      assert.deepEqual(content.checkpoints, [moved])
      assert.deepEqual([...content.startedEntries].sort(), ['a', 'b'])
      assert.equal(content.plan, 'one')
      await again.close()
    })

    test('a source that is put and removed in one change is there: a new generation takes the place of the old', async (t) => {
      const registry = await makeOpen(t)()
      await registry.load()
      await registry.save({ put: [first], remove: [] }, { durable: true })
      await registry.save({ put: [second], remove: [first.sourceId] }, { durable: true })
      assert.deepEqual((await registry.load()).checkpoints, [second])
      await registry.close()
    })

    test('after close it says so', async (t) => {
      const registry = await makeOpen(t)()
      await registry.close()
      await assert.rejects(registry.save({ put: [], remove: [] }, { durable: false }), { code: 'registry_broken' })
    })
  })
}
