import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryStatus } from '@logpipe/config'
import { agent, row } from '../../test-fleet.ts'
import { TestStore } from '../../test-store.ts'

const selector = { role: 'web' }
const old = { id: 'nginx', path: '/var/log/nginx/*.log', topic: 'web_log' }
const next = { ...old, multiline: { preset: 'java' } }
const key = 'collect/groups/web'

async function group(own: TestStore): Promise<() => Promise<Record<string, unknown>>> {
  await own.put(key, { selector, entries: [old] })
  for (const id of ['a', 'b', 'c']) await own.put(`agents/${id}`, agent(id, '10.0.0.1', selector))
  return async () => JSON.parse((await own.at(key)) ?? '') as Record<string, unknown>
}

/** What an agent that runs all of it says. */
async function applied(own: TestStore, id: string, error: string | null = null): Promise<void> {
  const [item] = (await own.store.list(`${own.prefix}/${key}`)).items
  const revision = item?.modRevision ?? 0
  const rows = [row('web/nginx', revision, error === null ? revision : null, error)]
  await own.put(`status/${id}`, { agent: id, revision, entries: rows })
}

test('canaries try other entries; promoted when they run them, then all have them', async (t) => {
  const own = await TestStore.open(t)
  const value = await group(own)
  const stdin = JSON.stringify([next])
  const dry = await own.logctl(['canary', 'start', 'web', '-', '--count', '2', '--dry-run'], { stdin })
  assert.equal(dry.code, 0)
  assert.match(dry.stdout, /^\+ {3}"canary": \{$/m)
  assert.deepEqual(await value(), { selector, entries: [old] })
  const started = await own.logctl(['canary', 'start', 'web', '-', '--count', '2', '--note', 'try'], { stdin })
  assert.deepEqual([started.code, started.stderr], [0, ''])
  const { canary } = (await value()) as { canary: { agents: string[]; entries: unknown } }
  assert.equal(canary.agents.length, 2)
  assert.deepEqual(canary.entries, [next])
  const [one = '', two = ''] = canary.agents
  await applied(own, one)
  const early = await own.logctl(['canary', 'promote', 'web', '--yes'])
  assert.equal(early.code, 1)
  assert.match(early.stderr, new RegExp(`not given to all: they are still on the way to ${two}. --force`))
  await applied(own, two, 'no \u001b[2J')
  const shown = await own.logctl(['canary', 'show'])
  assert.equal(shown.code, 1)
  assert.match(shown.stdout, /^group web: revision \d+, 2 canaries$/m)
  assert.match(shown.stdout, new RegExp(`^  ${one}: applied$`, 'm'))
  assert.match(shown.stdout, new RegExp(`^  ${two}: web/nginx: no \\\\e\\[2J$`, 'm'))
  assert.match(shown.stdout, /^ {2}others: applied on 0 of 1, 1 on the way$/m)
  assert.match(shown.stdout, /^\+ {5}"multiline": \{$/m)
  const failing = await own.logctl(['canary', 'promote', 'web', '--yes'])
  assert.match(failing.stderr, new RegExp(`cannot be applied on ${two}`))
  await applied(own, two)
  const no = await own.logctl(['canary', 'promote', 'web'], { answer: '' })
  assert.equal(no.code, 1)
  assert.match(no.stderr, /Let the other 1 live agents of group web run .*\? \[y\/N\]/)
  assert.equal((await own.logctl(['canary', 'promote', 'web'], { answer: 'y' })).code, 0)
  assert.deepEqual(await value(), { selector, entries: [next] })
  assert.match((await own.logctl(['entries', 'history', '--group', 'web'])).stdout, /try/)
})

test('dropped canaries leave the group as it was; started again they stay the same ones, unless others are chosen', async (t) => {
  const own = await TestStore.open(t)
  const value = await group(own)
  const path = ['--path', '/var/log/new.log', '--topic', 'new']
  await own.logctl(['canary', 'start', 'web', '--agent', 'b', ...path])
  const more = { path: '/var/log/new.log', topic: 'new' }
  assert.deepEqual((await value())['canary'], { agents: ['b'], entries: [old, more] })
  await own.logctl(['canary', 'start', 'web', '-'], { stdin: JSON.stringify([next]) })
  assert.deepEqual((await value())['canary'], { agents: ['b'], entries: [next] })
  await own.logctl(['canary', 'start', 'web', '--agent', 'c', '--agent', 'a'])
  assert.deepEqual((await value())['canary'], { agents: ['a', 'c'], entries: [next] })
  await own.store.delete(`${own.prefix}/agents/a`)
  const json = JSON.parse((await own.logctl(['canary', 'show', 'web', '--json'])).stdout) as { canaries: unknown }
  assert.deepEqual(json.canaries, [
    { agent: 'a', state: 'GONE', errors: [] },
    { agent: 'c', state: 'PENDING', errors: [] },
  ])
  assert.equal((await own.logctl(['canary', 'drop', 'web'])).code, 0)
  assert.deepEqual(await value(), { selector, entries: [old] })
  assert.equal((await own.logctl(['canary', 'show'])).stdout, 'No group has canaries.\n')
})

test('what makes no sense is refused in a sentence, and nothing is written', async (t) => {
  const own = await TestStore.open(t)
  const value = await group(own)
  await own.put('collect/groups/broken', '\u001b[2J{')
  const other = JSON.stringify({ selector: { role: 'db' }, entries: [next] })
  const cases: [string[], string, number, RegExp][] = [
    [['start', 'none', '-'], '[]', 1, /There is no group none/],
    [['start', 'a/b', '-'], '[]', 2, /'a\/b' cannot stand as name .*: it may hold letters, digits/],
    [['start', 'broken', '-'], '[]', 2, /is no group; mend it first/],
    [['start', 'web'], '', 2, /What shall they try\?/],
    [['start', 'web', '-'], other, 2, /not another selector/],
    [['start', 'web', '-'], 'null', 2, /not another selector/],
    [['start', 'web', '-'], '[{"path":"x","topic":"a"}]', 2, /canary\.entries\[0\]\.path must be absolute/],
    [['start', 'web', '-', '--count', '0'], '[]', 2, /--count is '0'/],
    [['start', 'web', '-', '--count', '4'], '[]', 2, /has 3 live agents; 4 were asked for/],
    [['start', 'web', '-', '--label', 'zone'], '[]', 2, /--label is 'zone': write label=value/],
    [['start', 'web', '-', '--label', 'a=b', '--agent', 'a'], '[]', 2, /Give either --agent/],
    [['promote', 'web', '--yes'], '', 1, /Group web has no canaries/],
    [['drop', 'web'], '', 1, /Group web has no canaries/],
  ]
  for (const [args, stdin, code, message] of cases) {
    const printed = await own.logctl(['canary', ...args], { stdin })
    assert.match(printed.stderr, message)
    assert.equal(printed.code, code, args.join(' '))
  }
  assert.deepEqual(await value(), { selector, entries: [old] })
  assert.equal((await own.logctl(['canary', 'show'])).code, 0, 'a broken group is passed by')
})

test('faults of the entries that a canary does not run do not hold it back; those of its own do', async (t) => {
  const own = await TestStore.open(t)
  await group(own)
  const canary = { agents: ['a'], entries: [next] }
  const bad = { path: 'relative', topic: 'x' }
  const revision = await own.put(key, { selector, entries: [old, bad], canary })
  const whole = `${own.prefix}/${key}`
  const fault = (path: string): EntryStatus => row(`${whole}#${path}`, revision, null, `${path} must be absolute`)
  const says = (id: string, ...faults: EntryStatus[]): Promise<number> =>
    own.put(`status/${id}`, { agent: id, revision, entries: [row('web/nginx', revision, revision), ...faults] })
  // As older agents say it, who tell of both parts.
  const entriesFault = fault('entries[1].path')
  await says('a', entriesFault)
  await says('b', entriesFault)
  await says('c', fault('canary.entries[0].path'))
  const shown = await own.logctl(['canary', 'show', 'web'])
  assert.equal(shown.code, 0, shown.stdout)
  assert.match(shown.stdout, /^ {2}a: applied\n {2}others: applied on 1 of 2, 1 failed$/m)
  await says('a', fault('canary.entries[0].path'))
  const held = await own.logctl(['canary', 'promote', 'web', '--yes'])
  assert.match(held.stderr, /they cannot be applied on a /)
  await says('a', entriesFault)
  assert.equal((await own.logctl(['canary', 'promote', 'web', '--yes'])).code, 0)
})
