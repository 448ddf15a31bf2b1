import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

/** Each read ends somewhere in a line, often within a character of several bytes. */
const smallReads = { read: { chunkBytes: 4_096 } }

test(
  'characters that reads split, and line ends of two bytes, arrive as they were written, over a kill -9',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { settings: smallReads })
    const unix = run.log('unix.log', { lineBytes: 251 })
    const windows = run.log('windows.log', { lineBytes: 127 })
    const write = (): void => {
      unix.write(1_000)
      const text = windows.bytes(1_000).toString('latin1').replaceAll('\n', '\r\n')
      run.dir.append('windows.log', Buffer.from(text, 'latin1'))
    }
    write()
    await run.arrived(1)
    await run.kill()
    write()
    await run.agent.restart()
    await run.conserved()
  },
)

test('a line without its end waits for it, over a kill -9, and arrives as one', { timeout }, async (t) => {
  const run = await AgentRun.start(t)
  const log = run.log('app.log', { lineBytes: 300 })
  log.write(10)
  const line = log.bytes(1)
  run.dir.append('app.log', line.subarray(0, 100))
  await run.arrived(10)
  await run.kill()
  await run.agent.restart()
  await sleep(figures.unfinishedMs, t.signal)
  assert.equal(await run.count(), 10)
  run.dir.append('app.log', line.subarray(100))
  await run.conserved()
})

test(
  'where the entry asks for it a line without its end is sent as it is, and its rest behind it, over a kill -9',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { inPieces: true, settings: { read: { flushPartialMs: 200 } } })
    const log = run.log('app.log', { lineBytes: 300 })
    for (let i = 0; i < 3; i++) {
      const line = log.bytes(1)
      run.dir.append('app.log', line.subarray(0, 100))
      await run.says('app.log')
      if (i === 1) {
        await run.kill()
        await run.agent.restart()
      }
      run.dir.append('app.log', line.subarray(100))
    }
    await run.conserved()
    assert.ok([...run.lines()].some(({ pieces }) => pieces === 2))
  },
)

test(
  `a line of ${figures.longLineBytes} bytes arrives in pieces, none of its bytes missing, and harms no line beside it`,
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { inPieces: true })
    const short = run.log('app.log')
    const long = run.log('app.log', { lineBytes: figures.longLineBytes })
    short.write(100)
    long.write(1)
    short.write(100)
    await run.conserved()
  },
)

test(
  `a file of ${figures.largeFileLines} lines of 2,000 bytes arrives whole, over a kill -9 in its middle`,
  { timeout },
  async (t) => {
    let large: ReturnType<AgentRun['log']> | undefined
    const run = await AgentRun.start(t, {
      before: (before) => {
        large = before.log('large.log', { lineBytes: 2_000 })
        large.write(figures.largeFileLines)
      },
    })
    await run.arrived(figures.largeFileLines / 10)
    await run.kill()
    await run.agent.restart()
    await run.conserved()
  },
)
