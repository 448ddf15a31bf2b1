import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { LogDir, readTopicLines, startAgent, testServers, waitFor } from '@logpipe/testkit'
import { freshTopic } from './lib/fresh-topic.ts'
import { withoutPowers } from './lib/rights.ts'

const { kafkaBrokers: brokers } = testServers()
const isRoot = process.getuid?.() === 0

/** What the running agent must say of each bad file: its state, why, and what of its log is said once. */
const bad: Record<string, [state: string, reason: RegExp]> = {
  'in/folder.log': ['ignored', /is a folder/],
  'in/pipe.log': ['ignored', /no regular file/],
  'in/socket.log': ['ignored', /no regular file/],
  'in/nul.log': ['ignored', /no text/],
  'in/way-out.log': ['ignored', /outside the folders/],
  'in/nowhere.log': ['ignored', /leads nowhere/],
  'in/odd.gbk': ['idle', /could not be decoded as gbk was replaced: 1 so far/],
  'in/rights.log': ['failed', /no right to read it/],
}

test('bad input, each kind of it: told by /files, by the metrics and by the log, there once; all other files are collected', async (t) => {
  const dir = LogDir.create(t)
  const topic = freshTopic(t)
  dir.append('in/fine.log', 'fine 1\n')
  mkdirSync(dir.file('in/folder.log'))
  execFileSync('mkfifo', [dir.file('in/pipe.log')])
  const server = createServer().listen(dir.file('in/socket.log'))
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  dir.append('in/nul.log', Buffer.alloc(2_000, 'a\0'))
  dir.append('outside/secret', 'secret\n')
  dir.symlink('../outside/secret', 'in/way-out.log')
  dir.symlink('absent', 'in/nowhere.log')
  dir.append('in/odd.gbk', Buffer.from([0x41, 0xff, 0x0a, 0xd6, 0xd0, 0x0a]))
  dir.append('in/rights.log', 'rights 1\n')
  const settings = {
    kafka: { brokers },
    discover: { pollMs: 100, roots: [dir.file('in')] },
    // What is open is read on, whatever becomes of its rights.
    read: { maxOpenFiles: 1 },
    entries: [
      { path: dir.file('in/*.log'), topic },
      { path: dir.file('in/*.gbk'), topic, encoding: 'gbk' },
    ],
  }
  const agent = await startAgent(t, settings, { via: withoutPowers })
  const rows = async (): Promise<FilesReport['files']> => (await agent.get<FilesReport>('/files')).body.files
  const acked = async (name: string): Promise<boolean> =>
    (await rows()).some(({ path, acked: done }) => path === dir.file(name) && done === dir.size(name))
  for (const name of ['in/fine.log', 'in/rights.log', 'in/odd.gbk']) {
    await waitFor(() => acked(name), { what: `${name} to be acknowledged` })
  }

  // In mid-file; the one handle is with another when there is more to read.
  dir.chmod('in/rights.log', 0o000)
  dir.append('in/fine.log', 'fine 2\n')
  await waitFor(() => acked('in/fine.log'), { what: 'the second line to be acknowledged' })
  if (isRoot) dir.append('in/rights.log', 'rights 2\n')
  else delete bad['in/rights.log']

  const isTold = async (): Promise<boolean> => {
    const all = await rows()
    for (const [name, [state, reason]] of Object.entries(bad)) {
      const row = all.find(({ path }) => path === dir.file(name))
      assert.equal(row?.state, state, `${name}: ${JSON.stringify(row)}`)
      assert.match(row.reason ?? '', reason)
    }
    return true
  }
  await waitFor(isTold, { what: 'all of it to be told by /files' })

  const metrics = await (await fetch(`${agent.url}/metrics`)).text()
  const metric = (name: string): number =>
    Number(
      metrics
        .split('\n')
        .find((line) => line.startsWith(`logagent_${name} `))
        ?.split(' ')[1],
    )
  assert.equal(metric('files{state="ignored"}'), 6)
  assert.equal(metric('files{state="failed"}'), isRoot ? 1 : 0)
  assert.equal(metric('files{state="idle"}') + metric('files{state="active"}'), isRoot ? 2 : 3)
  assert.equal(metric('file_events_total{event="ignored"}'), 4)
  assert.equal(metric('file_troubles_total'), isRoot ? 3 : 2)
  assert.equal(metric(`undecoded_characters_total{topic="${topic}"}`), 1)
  assert.equal(metric('lag_bytes'), isRoot ? 9 : 0)

  // Some scans later nothing is said twice, and the others go on.
  for (const round of [3, 4, 5]) {
    dir.append('in/fine.log', `fine ${round}\n`)
    await waitFor(() => acked('in/fine.log'), { what: `line ${round} to be acknowledged` })
  }
  for (const name of Object.keys(bad)) {
    const said = agent.output.split('\n').filter((line) => line.includes(`"file.path":"${dir.file(name)}"`))
    assert.equal(said.length, 1, `${name}:\n${said.join('\n')}`)
  }

  dir.chmod('in/rights.log', 0o644)
  await waitFor(() => acked('in/rights.log'), { what: 'what came without the right to be acknowledged' })
  const lines: string[] = []
  for await (const { line } of readTopicLines({ brokers, topic })) lines.push(line.toString())
  const fine = [1, 2, 3, 4, 5].map((n) => `fine ${n}`)
  const rights = isRoot ? ['rights 1', 'rights 2'] : ['rights 1']
  assert.deepEqual(lines.toSorted(), ['A\ufffd', '中', ...fine, ...rights].toSorted())
  assert.equal(await agent.stop(), 0)
})
