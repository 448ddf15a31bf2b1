import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitFor } from '@logpipe/testkit'
import { AgentRun } from '../lib/agent-run.ts'
import { withoutPowers } from '../lib/rights.ts'
import { figures, timeout } from './figures.ts'

test(
  '200 files where the system gives 100 handles: all are read, rotated ones too, and the log says why it is slow',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, { daemon: { via: ['sh', '-c', 'ulimit -n 100; exec "$0" "$@"'] } })
    const logs = Array.from({ length: 200 }, (_, i) => run.log(`app-${i}.log`))
    for (const log of logs) log.write(20)
    await run.arrived()
    for (const log of logs) {
      log.write(10)
      run.dir.rotate(log.name)
      log.write(10)
    }
    await run.conserved()
    assert.match(run.agent.output, /The system gives no more file handles/)
  },
)

test(`${figures.manyFiles} files in one folder, written to in turn: every line arrives`, { timeout }, async (t) => {
  const run = await AgentRun.start(t)
  const logs = Array.from({ length: figures.manyFiles }, (_, i) => run.log(`app-${i}.log`))
  for (const log of logs) log.write(2)
  await run.arrived()
  for (const log of logs) log.write(2)
  await run.conserved()
})

test(
  'rights taken from a file and from a folder, and given back: said once, nothing else is held up, nothing is lost',
  { timeout },
  async (t) => {
    // One handle: what is open is read on whatever becomes of its rights.
    const run = await AgentRun.start(t, {
      glob: '**/*.log',
      settings: { read: { maxOpenFiles: 1 } },
      daemon: { via: withoutPowers },
    })
    const forbidden = run.log('forbidden.log')
    const hidden = run.log('folder/hidden.log')
    const other = run.log('other.log')
    run.dir.append('folder/hidden.log', '')
    forbidden.write(100)
    hidden.write(100)
    await run.says('forbidden.log')
    await run.says('folder/hidden.log')
    other.write(100)
    await run.says('other.log')

    run.dir.chmod('forbidden.log', 0o000)
    run.dir.chmod('folder', 0o000)
    // In folders that can be written nobody but root could do this; a writer that had the files open could.
    const isRoot = process.getuid?.() === 0
    if (isRoot) hidden.write(100)
    if (isRoot) forbidden.write(100)
    other.write(100)
    await run.says('other.log')
    if (isRoot) await run.says('forbidden.log', 'that it cannot be read', ({ state }) => state === 'failed')
    await run.said(/folder cannot be read: this user has no right to read it/)
    // A few scans later: others went on with each, and it was not said again.
    for (let i = 1; i <= 3; i++) {
      other.write(1)
      await run.says('other.log')
    }
    const said = run.agent.output.split('\n').filter((line) => /folder cannot be read/.test(line))
    assert.equal(said.length, 1, said.join('\n'))

    run.dir.chmod('folder', 0o755)
    run.dir.chmod('forbidden.log', 0o644)
    await run.conserved()
    await waitFor(async () => (await run.files()).every(({ state }) => state !== 'failed'), {
      what: 'no file to be failed',
    })
  },
)
