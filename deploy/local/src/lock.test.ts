import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { withLock } from './lock.ts'

const never = new AbortController().signal

async function lockPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe-lock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'lock')
}

test('the second waits until the first is done, and says so once', async (t) => {
  const path = await lockPath(t)
  const events: string[] = []
  let finish = (): void => {}
  let entered = (): void => {}
  const inside = new Promise<void>((resolve) => (entered = resolve))
  const first = withLock(
    path,
    () => events.push('first waits'),
    never,
    async () => {
      entered()
      await new Promise<void>((resolve) => (finish = resolve))
      events.push('first done')
    },
  )
  await inside
  const onWait = (): void => {
    events.push('second waits')
    finish()
  }
  await withLock(path, onWait, never, async () => void events.push('second runs'))
  await first
  assert.deepEqual(events, ['second waits', 'first done', 'second runs'])
  assert.equal(existsSync(path), false)
})

test('the lock of a process that is gone is taken over at once', async (t) => {
  const path = await lockPath(t)
  await writeFile(path, String(spawnSync('true').pid))
  assert.equal(await withLock(path, assert.fail, never, async () => 'ran'), 'ran')
})

test('the lock is given back when the action fails', async (t) => {
  const path = await lockPath(t)
  await assert.rejects(
    withLock(path, assert.fail, never, () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  assert.equal(existsSync(path), false)
})

test('a wait ends when its signal aborts', async (t) => {
  const path = await lockPath(t)
  await writeFile(path, String(process.pid))
  const controller = new AbortController()
  const waiting = withLock(path, () => controller.abort(), controller.signal, assert.fail)
  await assert.rejects(waiting, { code: 'aborted' })
})
