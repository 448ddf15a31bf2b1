import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

test(
  'a symbolic link that is pointed elsewhere again and again: what stood behind it and what stands there arrives',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { glob: '{current,fresh}.log' })
    const log = run.log('current.log')
    for (let i = 0; i < figures.swaps; i++) {
      run.dir.append(`real/${i}`, '')
      run.dir.symlink(`real/${i}`, 'current.log')
      log.write(100)
      await run.arrived()
      // Unread when the link is pointed elsewhere: only the handle leads to them.
      await run.hang()
      log.write(100)
      if (i + 1 < figures.swaps) {
        run.dir.append(`real/${i + 1}`, '')
        run.dir.symlink(`real/${i + 1}`, 'current.log')
      }
      run.wake()
    }
    await run.conserved()
  },
)

test(
  'a hard link is the same file: its lines arrive once, also where the first name goes and the second stays',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const log = run.log('app.log')
    log.write(100)
    run.dir.hardLink('app.log', 'app.log.link')
    await run.arrived()
    const ignored = (await run.files()).filter(({ state }) => state === 'ignored')
    assert.deepEqual(ignored.length, 1)
    assert.match(ignored[0]?.reason ?? '', /same file as/)
    log.write(100)
    run.dir.remove('app.log')
    const more = run.log('app.log.link')
    more.write(100)
    await run.conserved()
  },
)

test(
  'a file replaced in one step, again and again, over a kill -9: the unread end of the old one and all of the new one arrive',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const log = run.log('app.log')
    log.write(100)
    await run.says('app.log')
    for (let i = 0; i < figures.swaps; i++) {
      await run.hang()
      log.write(100)
      run.dir.replace('app.log', log.bytes(50 + 100 * (i % 2)))
      run.wake()
      await run.arrived()
    }
    await run.kill()
    run.dir.replace('app.log', log.bytes(300))
    await run.agent.restart()
    await run.conserved()
  },
)

test(
  'a hole of NUL bytes, as a writer leaves it that goes on at its old offset after a truncation, costs no line',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t)
    const log = run.log('app.log')
    log.write(200)
    const before = run.dir.size('app.log')
    await run.says('app.log')
    run.dir.truncate('app.log')
    run.dir.extend('app.log', before)
    log.write(200)
    run.dir.extend('app.log', 3_000_000)
    log.write(200)
    await run.conserved()
  },
)
