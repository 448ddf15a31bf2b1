import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfter } from './closing.ts'

/** A scope whose end the test brings about itself. */
function fakeScope(): { after(close: () => Promise<void> | void): void; end(): Promise<void> } {
  const hooks: (() => Promise<void> | void)[] = []
  return {
    after: (close) => void hooks.push(close),
    end: async () => {
      for (const hook of hooks) await hook()
    },
  }
}

test('what was opened last is closed first', async () => {
  const scope = fakeScope()
  const closed: number[] = []
  for (const n of [1, 2, 3]) closeAfter(scope, () => void closed.push(n))
  await scope.end()
  assert.deepEqual(closed, [3, 2, 1])
})

test('one that fails to close does not keep the others open, and is reported', async () => {
  const scope = fakeScope()
  const closed: string[] = []
  closeAfter(scope, () => void closed.push('first'))
  closeAfter(scope, () => {
    throw new Error('stuck')
  })
  closeAfter(scope, () => void closed.push('last'))
  await assert.rejects(scope.end(), /stuck/)
  assert.deepEqual(closed, ['last', 'first'])
})
