import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { silentLogger } from '@logpipe/runtime'
import {
  type Daemon,
  LogDir,
  type Ran,
  readTopic,
  runProgram,
  type Scope,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { sampleCheckpoint } from '../registry/conformance.ts'
import type { Checkpoint } from '../registry/registry.ts'
import { SqliteRegistry } from '../registry/sqlite/registry.ts'
import { runHere } from '../testing/run-here.ts'
import { testTopic } from '../testing/topic.ts'

const { kafkaBrokers: brokers } = testServers()

function program(...args: string[]): Promise<Ran> {
  return runProgram('logagent', { args })
}

/** A folder with a registry that an agent left: `a.log` and `b.log` are there, `gone.log` is not. */
async function leftRegistry(t: Scope): Promise<{ dir: LogDir; dataDir: string[]; left: () => Promise<Checkpoint[]> }> {
  const dir = LogDir.create(t)
  const folder = dir.file('data')
  const put = ['a.log', 'b.log'].map((name, i) => {
    dir.append(name, 'x'.repeat(100))
    const { dev, ino } = statSync(dir.file(name), { bigint: true })
    return sampleCheckpoint({ sourceId: `source-${i}`.padEnd(16, '0'), path: dir.file(name), dev, ino, acked: 100 })
  })
  put.push(sampleCheckpoint({ sourceId: 'source-gone00000', path: dir.file('gone.log'), acked: 7, state: 'finished' }))
  // What a.log held before it was truncated.
  put.push({ ...(put[0] as Checkpoint), sourceId: 'source-before000', acked: 5_000, state: 'gone' })
  const registry = SqliteRegistry.open(folder, silentLogger)
  await registry.save({ put, remove: [] }, { durable: true })
  await registry.close()
  const left = async (): Promise<Checkpoint[]> => {
    const again = SqliteRegistry.open(folder, silentLogger)
    const { checkpoints } = await again.load()
    await again.close()
    return checkpoints
  }
  return { dir, dataDir: ['--dataDir', folder], left }
}

function names(checkpoints: readonly Checkpoint[]): string[] {
  return [...new Set(checkpoints.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))].toSorted()
}

test('list shows every position, for people and as JSON, and changes nothing', async (t) => {
  const { dir, dataDir, left } = await leftRegistry(t)
  const { code, stdout } = await program('registry', 'list', ...dataDir)
  assert.equal(code, 0)
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  assert.deepEqual(rows[0], ['PATH', 'ENTRY', 'TOPIC', 'STATE', 'ACKED', 'SEEN', 'SOURCE'])
  assert.deepEqual(rows[1]?.slice(0, 5), [dir.file('a.log'), 'web', 'web_log', 'active', '100'])
  assert.equal(rows.length, 5)

  const json = await runHere(['registry', 'list', ...dataDir, '--json', '--path', dir.file('gone*')])
  const { checkpoints } = JSON.parse(json.stdout) as { checkpoints: { sourceId: string; ino: string }[] }
  assert.deepEqual(
    checkpoints.map(({ sourceId, ino }) => [sourceId, ino]),
    [['source-gone00000', String(sampleCheckpoint().ino)]],
  )
  assert.deepEqual(names(await left()), ['a.log', 'b.log', 'gone.log'])
})

test('a registry that a running process holds, that is missing or broken, is a sentence and an exit code', async (t) => {
  const { dir, dataDir } = await leftRegistry(t)
  const holder = SqliteRegistry.open(dir.file('data'), silentLogger)
  for (const args of [['list'], ['reset', '--all', '--yes']]) {
    const held = await runHere(['registry', ...args, ...dataDir])
    assert.deepEqual([held.code, held.stdout], [4, ''])
    assert.match(
      held.stderr,
      /^logagent: A running agent holds the registry .*'logagent files' shows its positions.*\n$/,
    )
  }
  await holder.close()

  const missing = await runHere(['registry', 'list', '--dataDir', dir.file('nowhere')])
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /There is no registry .*nowhere\/registry\.db; is this the dataDir of the agent\?/)

  writeFileSync(dir.file('registry.db'), 'no database, but long enough to be looked at')
  const broken = await runHere(['registry', 'reset', '--all', '--yes', '--dataDir', dir.path])
  assert.equal(broken.code, 1)
  assert.match(broken.stderr, /cannot be read: file is not a database/)
})

test('reset says what it costs and changes nothing until it is told to', async (t) => {
  const { dir, dataDir, left } = await leftRegistry(t)
  const cost = /2 files would be read from the beginning: 200 bytes would be sent again, .* stand in the index twice/
  const dry = await runHere(['registry', 'reset', '--all', '--dry-run', ...dataDir])
  assert.equal(dry.code, 0)
  assert.match(dry.stdout, cost)

  const unasked = await program('registry', 'reset', '--all', ...dataDir)
  assert.equal(unasked.code, 2)
  assert.match(unasked.stderr, /Nothing was changed: nobody is there to be asked/)

  const neither = await runHere(['registry', 'reset', ...dataDir])
  assert.equal(neither.code, 2)
  const both = await runHere(['registry', 'reset', '--all', '--path', '/a', ...dataDir])
  assert.equal(both.code, 2)
  const none = await runHere(['registry', 'reset', '--path', dir.file('c*'), '--yes', ...dataDir])
  assert.deepEqual([none.code, none.stderr], [1, 'No position matches.\n'])
  assert.deepEqual(names(await left()), ['a.log', 'b.log', 'gone.log'])
})

test('reset asks on a terminal, and only yes is a yes', async (t) => {
  const { dir, dataDir, left } = await leftRegistry(t)
  const answering = async (answer: string): Promise<[code: number, printed: string]> => {
    const args = ['registry', 'reset', '--path', dir.file('a*'), ...dataDir]
    const { code, stdout } = await runHere(args, async () => answer)
    return [code, stdout]
  }
  for (const answer of ['', 'y', 'no']) {
    const [code, printed] = await answering(answer)
    assert.equal(code, 1)
    assert.match(printed, /1 file would be read[^]*Nothing was changed\.\n$/)
  }
  assert.equal((await left()).length, 4)
  assert.deepEqual((await answering('Yes '))[0], 0)
  assert.deepEqual(names(await left()), ['b.log', 'gone.log'])
})

async function caughtUp(agent: Daemon): Promise<void> {
  await waitFor(
    async () => {
      const { files } = (await agent.get<FilesReport>('/files')).body
      return files.length === 2 && files.every(({ acked, size }) => size > 0 && acked === size)
    },
    { what: 'both files to be acknowledged', deadlineMs: 30_000 },
  )
}

test('after a reset the agent sends that file again, and no other', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_reset')
  dir.appendLines('a.log', ['a 1', 'a 2'])
  dir.appendLines('b.log', ['b 1'])
  const agent = await startAgent(t, { kafka: { brokers }, entries: [{ path: dir.file('*.log'), topic }] })
  await caughtUp(agent)
  const config = ['--config', agent.settingsFile]
  assert.equal((await runHere(['registry', 'list', ...config])).code, 4, 'the agent runs')
  assert.equal(await agent.stop(), 0)

  const reset = await program('registry', 'reset', ...config, '--path', dir.file('a.log'), '--yes')
  assert.equal(reset.code, 0, reset.stderr)
  assert.match(reset.stdout, /1 file would be read from the beginning: 8 bytes[^]*1 position is forgotten\.\n$/)
  await agent.restart()
  await caughtUp(agent)
  assert.equal(await agent.stop(), 0)
  const lines: string[] = []
  for await (const { value } of readTopic({ brokers, topic })) lines.push(String(value))
  assert.deepEqual(lines.toSorted(), ['a 1', 'a 1', 'a 2', 'a 2', 'b 1'])
})
