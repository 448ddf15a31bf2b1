import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EntryStatus } from '@logpipe/config'
import { TestStore } from '../../test-store.ts'

const json = JSON.stringify({ processors: [{ json: {} }] })
const yaml = '# of the shop\nprocessors:\n  - logfmt: {}\n  - add: { fields: { a: x } }\n'

function registration(id: string): unknown {
  const started = '2026-11-21T05:00:00.000Z'
  const common = { host: `host-${id}`, ip: '10.0.0.1', labels: {}, version: '0.1.0', pid: 1, address: '10.0.0.1:9601' }
  return { id, ...common, started, group: 'logtransfer' }
}

function row(id: string, desired: number, applied: number | null, error: string | null = null): EntryStatus {
  const state = error !== null ? 'FAILED' : applied === desired ? 'APPLIED' : 'PENDING'
  return { id, desired, attempted: desired, applied, state, error }
}

test('a pipeline is put from YAML or JSON, gotten, deleted after a question, and brought back', async (t) => {
  const own = await TestStore.open(t)
  const dir = mkdtempSync(join(tmpdir(), 'pipelines-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'shop.yaml'), yaml)
  const put = await own.logctl(['pipelines', 'put', 'shop', join(dir, 'shop.yaml'), '--note', 'new'])
  assert.deepEqual([put.code, put.stdout, put.stderr], [0, 'Written: pipeline shop.\n', ''])
  const stands = JSON.stringify({ processors: [{ logfmt: {} }, { add: { fields: { a: 'x' } } }] })
  assert.equal(await own.at('pipelines/shop'), stands)
  const got = await own.logctl(['pipelines', 'get', 'shop'])
  const again = await own.logctl(['pipelines', 'put', 'shop', '-'], { stdin: got.stdout })
  assert.equal(again.stdout, 'Nothing to change: pipeline shop.\n')
  await own.logctl(['pipelines', 'put', 'shop', '-'], { stdin: json })
  const no = await own.logctl(['pipelines', 'delete', 'shop'], { answer: 'n' })
  assert.match(no.stderr, /Delete the pipeline shop\? \[y\/N\]/)
  assert.equal(await own.at('pipelines/shop'), json)
  assert.equal((await own.logctl(['pipelines', 'delete', 'shop', '--yes'])).stdout, 'Deleted: pipeline shop.\n')
  const gone = await own.logctl(['pipelines', 'get', 'shop'])
  assert.deepEqual([gone.code, gone.stderr], [1, 'logctl: There is no pipeline shop in etcd.\n'])
  const lines = (await own.logctl(['pipelines', 'history', 'shop', '--json'])).stdout.trim().split('\n')
  const past = lines.map((line) => JSON.parse(line) as { revision: number; to: unknown; note: string })
  assert.deepEqual(
    past.map(({ to, note }) => [to, note]),
    [
      [stands, 'new'],
      [json, ''],
      [null, ''],
    ],
  )
  assert.equal((await own.logctl(['pipelines', 'rollback', 'shop', '--yes'])).code, 0)
  assert.equal(await own.at('pipelines/shop'), json)
  const to = String(past[0]?.revision)
  assert.equal((await own.logctl(['pipelines', 'rollback', 'shop', '--to', to, '--yes'])).code, 0)
  assert.equal(await own.at('pipelines/shop'), stands)
})

test('a pipeline that is not sound is refused with every fault at its line, and nothing is written', async (t) => {
  const own = await TestStore.open(t)
  const bad = 'processors:\n  - jsom: {}\n  - add: { fields: 1 }\nbudgt: {}\n'
  const { code, stderr } = await own.logctl(['pipelines', 'put', 'shop', '-'], { stdin: bad })
  assert.equal(code, 2)
  assert.match(stderr, /^logctl: Nothing was written to pipeline shop:$/m)
  assert.match(stderr, /^ +processors\[0\]\.jsom is not a setting; did you mean 'json'\? \(stdin:2\)$/m)
  assert.match(stderr, /^ +processors\[1\]\.add\.fields .*\(stdin:3\)$/m)
  assert.match(stderr, /^ +budgt .*'budget'\? \(stdin:4\)$/m)
  const usages: [string[], RegExp][] = [
    [['put', 'shop'], /What is the pipeline\? Give a file/],
    [['put', 'a/b', '-'], /cannot stand as name/],
    [['put', 'shop', '/nonexistent/file'], /cannot be read/],
    [['put'], /Missing required argument/],
  ]
  for (const [args, message] of usages) {
    const printed = await own.logctl(['pipelines', ...args], { stdin: json })
    assert.deepEqual([args, printed.code], [args, 2])
    assert.match(printed.stderr, message)
  }
  const dry = await own.logctl(['pipelines', 'put', 'shop', '-', '--dry-run'], { stdin: json })
  assert.match(dry.stdout, /^\+ {3}"processors": \[$/m)
  assert.equal(await own.at('pipelines/shop'), null)
})

test('whose pipelines are applied, and why not, is told by list, transfers and rollout', async (t) => {
  const own = await TestStore.open(t)
  const revision = await own.put('pipelines/shop', json)
  await own.put('pipelines/broken', '\u001b[2J{')
  const states: [string, EntryStatus[] | null][] = [
    ['t1', [row('shop', revision, revision)]],
    ['t2', [row('shop', revision, null, 'the pattern \u001b[2J cannot be used')]],
    ['t3', null],
  ]
  for (const [id, pipelines] of states) {
    await own.put(`transfers/${id}`, registration(id))
    if (pipelines !== null) await own.put(`transfer-status/${id}`, { transfer: id, revision, pipelines })
  }
  await own.put('transfers/odd', 'not JSON')
  await own.put('agents/a1', registration('a1'))

  const list = await own.logctl(['pipelines', 'list'])
  assert.match(list.stdout, /^shop +json +\d+ +1 of 3 +the pattern \\e\[2J cannot be used$/m)
  assert.match(list.stdout, /^broken +\d+ +0 of 3 .*is not JSON/m)

  const transfers = await own.logctl(['transfers'])
  assert.match(transfers.stdout, /^t1 +host-t1 +10\.0\.0\.1 +logtransfer +0\.1\.0 +2026-11-21T05:00:00.000Z +1 +0 +0$/m)
  assert.match(transfers.stdout, /^t2 .* 0 +1 +0$/m)
  assert.equal(transfers.stdout.split('\n').length, 5)
  const [first] = (await own.logctl(['transfers', '--json'])).stdout.split('\n')
  const { id, applied, group } = JSON.parse(first ?? '') as Record<string, unknown>
  assert.deepEqual([id, applied, group], ['t1', 1, 'logtransfer'])

  const rollout = await own.logctl(['rollout', '--pipeline', 'shop'])
  assert.equal(rollout.code, 1)
  const head = `pipeline shop: revision ${revision}, applied on 1 of 3, 1 failed, 1 on the way`
  assert.equal(rollout.stdout, `${head}\n  t2: the pattern \\e[2J cannot be used\n  t3: on the way\n`)
  const all = await own.logctl(['rollout'])
  assert.match(all.stdout, new RegExp(`^${head}$`, 'm'))
  const found = JSON.parse((await own.logctl(['rollout', '--pipeline', 'shop', '--json'])).stdout) as Record<
    string,
    unknown
  >
  assert.deepEqual(found['transfers'], [
    { transfer: 't1', host: 'host-t1', state: 'APPLIED', errors: [] },
    { transfer: 't2', host: 'host-t2', state: 'FAILED', errors: ['the pattern \u001b[2J cannot be used'] },
    { transfer: 't3', host: 'host-t3', state: 'PENDING', errors: [] },
  ])
  const none = await own.logctl(['rollout', '--pipeline', 'none'])
  assert.deepEqual([none.code, none.stdout], [0, 'pipeline none: there is none in etcd\n'])
  assert.equal((await own.logctl(['rollout', '--pipeline', 'shop', '--host', '10.0.0.1'])).code, 2)
})
