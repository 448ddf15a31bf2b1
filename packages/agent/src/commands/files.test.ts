import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { closeAfter, freePort, LogDir, type Ran, runProgram, startAgent, testServers, waitFor } from '@logpipe/testkit'
import { runHere } from '../testing/run-here.ts'
import { testTopic } from '../testing/topic.ts'

const { kafkaBrokers: brokers } = testServers()

function program(...args: string[]): Promise<Ran> {
  return runProgram('logagent', { args })
}

test('files shows what the running agent says: all, by state, by path, for people and as JSON', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_files')
  dir.appendLines('a.log', ['one', 'two'])
  dir.appendLines('red\u001b[31m.log', ['three'])
  dir.append('no.log', '')
  const entry = { id: 'web', path: dir.file('*.log'), exclude: [dir.file('no.log')], topic }
  const agent = await startAgent(t, { kafka: { brokers }, entries: [entry] })
  await waitFor(
    async () => {
      const { files } = (await agent.get<FilesReport>('/files')).body
      return files.length === 3 && files.every(({ state }) => state === 'idle' || state === 'ignored')
    },
    { what: 'the agent to have read all' },
  )
  const config = ['--config', agent.settingsFile]

  const { code, stdout } = await program('files', ...config)
  assert.equal(code, 0)
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  assert.deepEqual(rows[0], ['PATH', 'ENTRY', 'STATE', 'SIZE', 'READ', 'ACKED', 'LAG', 'REASON'])
  assert.deepEqual(rows[1], [dir.file('a.log'), 'web', 'idle', '8', '8', '8', '0'])
  assert.equal(rows[3]?.[0], dir.file('red\\e[31m.log'))
  assert.ok(!stdout.includes('\u001b'), 'no name acts on the terminal')

  const ignored = await runHere(['files', ...config, '--state', 'ignored,failed', '--json'])
  const report = JSON.parse(ignored.stdout) as FilesReport
  assert.deepEqual(
    report.files.map(({ path, state }) => [path, state]),
    [[dir.file('no.log'), 'ignored']],
  )
  const byPath = await runHere(['files', ...config, '--path', dir.file('{a,b}.log')])
  assert.equal(byPath.stdout.trim().split('\n').length, 2)
  const none = await runHere(['files', ...config, '--path', '/nowhere/*'])
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'No file matches.\n'])
})

test('where no agent answers, files says so in a sentence and ends with 3', async (t) => {
  const nowhere = `127.0.0.1:${await freePort()}`
  const silent = await program('files', '--http.listen', nowhere)
  assert.deepEqual([silent.code, silent.stdout], [3, ''])
  assert.match(silent.stderr, new RegExp(`^logagent: No agent answers at ${nowhere} \\(connect ECONNREFUSED .*\n$`))

  const other = createServer((_, response) => response.end('{"hello":"world"}'))
  closeAfter(t, () => void other.close())
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
  const strange = await runHere(['files', '--http.listen', `127.0.0.1:${(other.address() as AddressInfo).port}`])
  assert.equal(strange.code, 3)
  assert.match(strange.stderr, /is no logagent/)

  const anyPort = await runHere(['files', '--http.listen', '127.0.0.1:0'])
  assert.equal(anyPort.code, 3)
  assert.match(anyPort.stderr, /whatever port was free/)
})

test('what is asked wrongly ends with 2 and says what is right', async () => {
  const state = await runHere(['files', '--state', 'blokced'])
  assert.equal(state.code, 2)
  assert.match(state.stderr, /'blokced' is no state of a file; known are active, idle/)
  const flag = await program('files', '--htp.listen', 'x:1')
  assert.equal(flag.code, 2)
  assert.match(flag.stderr, /htp\.listen is not a setting; did you mean 'http\.listen'\?/)
})
