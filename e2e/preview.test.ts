import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askAgents, type FilesReport, keysOf } from '@logpipe/config'
import { LogDir, randomName, waitFor } from '@logpipe/testkit'
import { ControlPlane, linesIn } from './lib/control-plane.ts'

test(
  'logctl asks live agents what an entry would collect, before anything is; one that was killed answers when it is back',
  { timeout: 90_000 },
  async (t) => {
    const fleet = await ControlPlane.open(t, 'preview')
    const { store, prefix } = fleet
    const [first, other] = await Promise.all([fleet.startAgent('agent-0'), fleet.startAgent('agent-1')])
    await fleet.reported(2)
    first.dir.appendLines('access.log', ['GET /?password=secret', 'DEBUG x', 'GET /b'])
    other.dir.appendLines('other.log', ['not for them'])

    const topic = randomName('preview_log')
    const redact = [{ pattern: 'password=\\w+', replace: 'password=…' }]
    const wish = { id: 'nginx', path: '/**/access.log', topic, excludeLines: ['^DEBUG'], redact }
    const group = JSON.stringify({ selector: { role: 'web' }, entries: [wish] })
    first.dir.append('wish.json', group)
    const asked = ['preview', '--group', 'web', first.dir.file('wish.json')]
    const { code, stdout, stderr } = await fleet.logctl(...asked, '--json')
    assert.equal(code, 0, stderr)
    const [mine, others] = stdout
      .trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { entries: { matched: number; files: { path: string; filtered: number }[] }[] },
      )
    assert.equal(mine?.entries[0]?.matched, 1, 'only what lies inside its roots')
    assert.equal(mine?.entries[0]?.files[0]?.path, first.dir.file('access.log'))
    assert.equal(mine?.entries[0]?.files[0]?.filtered, 1)
    assert.equal(others?.entries[0]?.matched, 0)
    const people = await fleet.logctl(...asked)
    assert.match(people.stdout, /^ {4}GET \/\?password=…$/m)
    assert.doesNotMatch(stdout + people.stdout, /secret|DEBUG|not for them/)

    const files = async (): Promise<FilesReport['files']> => (await first.agent.get<FilesReport>('/files')).body.files
    assert.deepEqual(await files(), [], 'nothing is collected')
    const left = async (): Promise<number> =>
      (await store.list(keysOf(prefix, 'request'))).items.length +
      (await store.list(keysOf(prefix, 'reply'))).items.length
    await waitFor(async () => (await left()) === 0, { what: 'requests and replies to go' })

    await first.agent.kill()
    const waiting = fleet.logctl(...asked, '--wait', '30s')
    await waitFor(async () => (await store.list(keysOf(prefix, 'request'))).items.length > 0, { what: 'the request' })
    await first.agent.restart()
    const later = await waiting
    assert.equal(later.code, 0, later.stdout + later.stderr)
    assert.match(later.stdout, /GET \/b/)
  },
)

test(
  'requests that are broken, huge, or mean the whole disk hold up no line, and the next good one is answered',
  { timeout: 90_000 },
  async (t) => {
    const fleet = await ControlPlane.open(t, 'preview')
    const { store, prefix } = fleet
    const topic = randomName('preview_log')
    const id = randomName('agent')
    const dir = LogDir.create(t)
    const entry = { path: dir.file('*.log'), topic }
    // It may look everywhere.
    await fleet.startAgent(id, { discover: {}, entries: [entry] })
    const lines = (): Promise<string[]> => linesIn(topic)
    dir.appendLines('a.log', ['first'])
    await waitFor(async () => (await lines()).length === 1, { what: 'the first line' })

    const excludeLines = Array.from({ length: 100 }, (_, i) => `(x+x+)+y${i}`)
    const wide = { path: '/**', topic, excludeLines }
    const requests = [
      '{',
      '{"kind":"reboot"}',
      `[${' '.repeat(1_000_000)}]`,
      JSON.stringify({ kind: 'preview', by: 'x', waitMs: 60_000, files: 100, lines: 20, entries: [wide] }),
    ]
    for (let n = 0; n < 40; n++) await store.put(`${keysOf(prefix, 'request')}${id}/${n}`, requests[n % 4] ?? '')
    const written = Array.from({ length: 2_000 }, (_, i) => `line ${i}`)
    const began = performance.now()
    for (let i = 0; i < written.length; i += 20) dir.appendLines('a.log', written.slice(i, i + 20))
    await waitFor(async () => (await lines()).length > written.length, { what: 'all lines', deadlineMs: 10_000 })
    assert.ok(performance.now() - began < 10_000)
    assert.deepEqual(await lines(), ['first', ...written])

    for (const { key } of (await store.list(keysOf(prefix, 'request'))).items) await store.delete(key)
    const request = {
      by: 'ada',
      waitMs: 5_000,
      files: 5,
      lines: 1,
      lineBytes: 100,
      replyBytes: 131_072,
      entries: [entry],
    }
    const [asked] = await askAgents({ store, prefix, agents: [id], request }, t.signal)
    assert.ok(asked?.reply?.kind === 'preview')
    assert.equal(asked.reply.entries[0]?.files[0]?.lines[0]?.text, 'first')
  },
)
