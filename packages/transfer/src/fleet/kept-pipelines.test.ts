import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { StoreItem } from '@logpipe/config'
import { waitFor } from '@logpipe/testkit'
import { KeptPipelines } from './kept-pipelines.ts'

const item = (name: string, value = '{}'): StoreItem => ({ key: `/logpipe/pipelines/${name}`, value, modRevision: 7 })

interface Kept {
  kept: KeptPipelines
  told: string[]
  stop: () => Promise<void>
}

function open(t: TestContext, folder: string, { prefix = '/logpipe', paceMs = 1 } = {}): Kept {
  const told: string[] = []
  const events = {
    keptPipelinesUnusable: (_file: string, reason: string) => void told.push(reason),
    pipelinesNotKept: () => void told.push('not kept'),
  }
  const kept = new KeptPipelines({ folder, prefix, events, paceMs })
  const end = new AbortController()
  const running = kept.run(end.signal)
  const stop = async (): Promise<void> => {
    end.abort()
    await running
  }
  t.after(stop)
  return { kept, told, stop }
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('what is kept is read at the next start, the last of it, and nothing else is left in the folder', async (t) => {
  const folder = join(newFolder(t), 'made', 'by us')
  const first = open(t, folder, { paceMs: 60_000 })
  assert.equal(await first.kept.read(), null)
  for (let i = 0; i < 50; i++) first.kept.keep([item('a', `${i}`)])
  await waitFor(async () => (await open(t, folder).kept.read()) !== null, { what: 'the copy', everyMs: 5 })
  // Not before a minute is over, or the end.
  first.kept.keep([item('a'), item('b')])
  await first.stop()
  const second = open(t, folder)
  assert.deepEqual(await second.kept.read(), [item('a'), item('b')])
  assert.deepEqual(readdirSync(folder), ['pipelines.json'])
  assert.deepEqual([...first.told, ...second.told], [])
})

test('drafts of processes that have died are deleted at a start, one that is being written is not, nor what is not ours', async (t) => {
  const folder = newFolder(t)
  // No process has a number as large as the first; the third has ours, from before we were started.
  const names = [
    'pipelines.json.4194305',
    `pipelines.json.${process.ppid}`,
    `pipelines.json.${process.pid}`,
    'pipelines.json.old',
  ]
  for (const name of names) writeFileSync(join(folder, name), '{"version":')
  utimesSync(join(folder, `pipelines.json.${process.pid}`), 1, 1)
  const { kept, told } = open(t, folder)
  assert.equal(await kept.read(), null)
  assert.deepEqual(readdirSync(folder).toSorted(), [`pipelines.json.${process.ppid}`, 'pipelines.json.old'].toSorted())
  utimesSync(join(folder, `pipelines.json.${process.ppid}`), 1, 1)
  await kept.read()
  assert.deepEqual(readdirSync(folder), ['pipelines.json.old'], 'an id is used again after a restart of the machine')
  assert.deepEqual(told, [])
})

test('a copy that is damaged or of another prefix is told and not used; the next one takes its place', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'pipelines.json')
  writeFileSync(file, '{"version":1,"prefix":"/logpipe","pipelines":[{')
  const first = open(t, folder)
  assert.equal(await first.kept.read(), null)
  assert.match(first.told[0] ?? '', /not JSON/)
  first.kept.keep([item('a')])
  await first.stop()
  const other = open(t, folder, { prefix: '/other' })
  assert.equal(await other.kept.read(), null)
  assert.match(other.told[0] ?? '', /another etcd\.prefix/)
  assert.deepEqual(await open(t, folder).kept.read(), [item('a')])
})

test('a folder that cannot be written is told, and written when it can be', { timeout: 15_000 }, async (t) => {
  const folder = join(newFolder(t), 'taken')
  writeFileSync(folder, 'a file')
  const { kept, told } = open(t, folder)
  kept.keep([item('a')])
  await waitFor(() => told.includes('not kept'), { what: 'the warning', everyMs: 5 })
  rmSync(folder)
  const file = join(folder, 'pipelines.json')
  await waitFor(() => readFileSync(file, 'utf8').includes('pipelines/a'), { what: 'the copy', everyMs: 20 })
})
