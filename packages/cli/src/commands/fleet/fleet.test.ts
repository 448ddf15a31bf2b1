import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryStatus } from '@logpipe/config'
import { agent, row } from '../../test-fleet.ts'
import { TestStore } from '../../test-store.ts'

test('agents shows who is alive and how far each has come, whatever else stands there', async (t) => {
  const own = await TestStore.open(t)
  await own.put('agents/a1', agent('a1', '10.0.0.1', { role: 'web \u001b[2J' }))
  await own.put('agents/a2', agent('a2', '10.0.0.2'))
  await own.put('agents/a3', 'not JSON')
  await own.put('status/a2', '{"agent":1}')
  const entries = [row('x', 5, 5), row('y', 5, null), row('z', 5, 4, 'no')]
  await own.put('status/a1', { agent: 'a1', revision: 5, entries })
  const { code, stdout } = await own.logctl(['agents'])
  assert.equal(code, 0)
  assert.match(stdout, /^a1 +host-a1 +10\.0\.0\.1 +0\.1\.0 +2026-11-21T05:00:00.000Z +1 +1 +1 +role=web \\e\[2J$/m)
  assert.match(stdout, /^a2 .* 0 +0 +0$/m)
  assert.equal(stdout.split('\n').length, 4)
  const [first] = (await own.logctl(['agents', '--json'])).stdout.split('\n')
  const { applied, failed, pending, labels } = JSON.parse(first ?? '') as Record<string, unknown>
  assert.deepEqual([applied, failed, pending, labels], [1, 1, 1, { role: 'web \u001b[2J' }])
})

test('rollout counts the agents that are meant, by the revision that stands there now, and says why not', async (t) => {
  const own = await TestStore.open(t)
  const entry = { id: 'nginx', path: '/var/log/nginx/*.log', topic: 'web_log' }
  const canary = { agents: ['canary'], entries: [{ ...entry, id: 'new' }] }
  const revision = await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [entry], canary })
  const members: [string, EntryStatus[] | null][] = [
    ['done', [row('web/nginx', revision, revision)]],
    ['later', [row('web/nginx', revision + 7, revision + 7)]],
    ['old', [row('web/nginx', revision - 1, revision - 1)]],
    ['old-error', [row('web/nginx', revision - 1, null, 'an error of the past')]],
    ['silent', null],
    ['bad', [row('web/nginx', revision, null, 'the topic \u001b[2J is forbidden')]],
    ['canary', [row('web/new', revision, revision)]],
    ['half', [row(`${own.prefix}/collect/groups/web#entries[0].x`, revision, null, 'entries[0].x is bad')]],
  ]
  for (const [id, entries] of members) {
    await own.put(`agents/${id}`, agent(id, '10.0.0.1', { role: 'web' }))
    if (entries !== null) await own.put(`status/${id}`, { agent: id, revision, entries })
  }
  await own.put('agents/other', agent('other', '10.0.0.9', { role: 'db' }))
  const { code, stdout } = await own.logctl(['rollout', '--group', 'web'])
  assert.equal(code, 1)
  assert.match(stdout, new RegExp(`^group web: revision ${revision}, applied on 3 of 8, 2 failed, 3 on the way\n`))
  assert.match(stdout, /^ {2}bad: web\/nginx: the topic \\e\[2J is forbidden$/m)
  assert.match(stdout, /^ {2}half: .*#entries\[0\]\.x: entries\[0\]\.x is bad$/m)
  for (const id of ['old', 'old-error', 'silent']) assert.match(stdout, new RegExp(`^  ${id}: on the way$`, 'm'))
})

test('a value that was broken by hand has failed where what it said before goes on, for hosts and groups', async (t) => {
  const own = await TestStore.open(t)
  const revision = await own.put('collect/hosts/10.0.0.1', '[{"path":')
  const group = await own.put('collect/groups/web', '{"selector":')
  for (const id of ['tried', 'later', 'other']) await own.put(`agents/${id}`, agent(id, '10.0.0.1'))
  const why = 'it is not JSON'
  const tried = [row('own', revision, 1, why), row('web/nginx', group, 1, why), row('web/1/x', 1, 1)]
  await own.put('status/tried', { agent: 'tried', revision: group, entries: tried })
  await own.put('status/later', { agent: 'later', revision: 1, entries: [row('own', 1, 1), row('web/nginx', 1, 1)] })
  await own.put('status/other', { agent: 'other', revision: 1, entries: [row('web/1/x', 1, 1)] })
  const { code, stdout } = await own.logctl(['rollout'])
  assert.equal(code, 1)
  assert.match(
    stdout,
    new RegExp(`^host 10.0.0.1: revision ${revision}, applied on 0 of 3, 1 failed, 2 on the way$`, 'm'),
  )
  assert.match(stdout, new RegExp(`^group web: revision ${group}, applied on 0 of 2, 1 failed, 1 on the way$`, 'm'))
  assert.match(stdout, /^ {2}tried: own: it is not JSON$/m)
  assert.match(stdout, /^ {2}tried: web\/nginx: it is not JSON$/m)
})

test('a group from which an entry was taken is on the way to whoever still has it', async (t) => {
  const own = await TestStore.open(t)
  const revision = await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [] })
  for (const id of ['done', 'later']) await own.put(`agents/${id}`, agent(id, '10.0.0.1', { role: 'web' }))
  await own.put('status/done', { agent: 'done', revision, entries: [row('web/1/of-a-service', 1, 1)] })
  await own.put('status/later', { agent: 'later', revision, entries: [row('web/nginx', 1, 1)] })
  const { stdout } = await own.logctl(['rollout', '--group', 'web'])
  assert.match(stdout, /applied on 1 of 2, 1 on the way\n {2}later: on the way\n$/)
})

test('rollout of hosts and groups together; nobody meant and nothing there are said', async (t) => {
  const own = await TestStore.open(t)
  const entry = { id: 'a', path: '/a.log', topic: 'a' }
  const revision = await own.put('collect/hosts/10.0.0.1', [entry])
  await own.put('collect/groups/none', { selector: { role: 'x' }, entries: [entry] })
  await own.put('agents/a1', agent('a1', '10.0.0.1'))
  await own.put('status/a1', { agent: 'a1', revision, entries: [], omitted: 3 })
  const { code, stdout } = await own.logctl(['rollout'])
  assert.equal(code, 0)
  assert.match(stdout, /^host 10\.0\.0\.1: revision \d+, applied on 1 of 1\n/)
  assert.match(stdout, /^group none: revision \d+, no live agent is meant\n$/m)
  const json = JSON.parse((await own.logctl(['rollout', '--host', '10.0.0.1', '--json'])).stdout) as object
  assert.deepEqual(json, {
    key: `${own.prefix}/collect/hosts/10.0.0.1`,
    revision,
    concerned: 1,
    applied: 1,
    failed: 0,
    pending: 0,
    agents: [{ agent: 'a1', host: 'host-a1', state: 'APPLIED', errors: [] }],
  })
  assert.equal((await own.logctl(['rollout', '--host', '10.0.0.5'])).stdout, 'host 10.0.0.5: there are no entries\n')
})

test('a group that cannot be read and that nobody was in is told as such, with exit code 1', async (t) => {
  const own = await TestStore.open(t)
  await own.put('agents/a1', agent('a1', '10.0.0.1', { role: 'web' }))
  await own.put('collect/groups/web', '{"selector": ')
  const { code, stdout } = await own.logctl(['rollout'])
  assert.equal(code, 1)
  assert.match(stdout, /^group web: revision \d+ cannot be used, so nobody is known to be meant: .* is not JSON/)
  const { problem, concerned } = JSON.parse((await own.logctl(['rollout', '--json'])).stdout) as Record<string, unknown>
  assert.match(String(problem), /is not JSON/)
  assert.equal(concerned, 0)
})

test('rollout tells what agents remark of entries that are applied, the same of many once', async (t) => {
  const own = await TestStore.open(t)
  const entry = { id: 'nginx', path: '/var/log/nginx/*.log', topic: 'web_log' }
  const revision = await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [entry] })
  const remark = "Entry 'all' has some of its files \u001b[2J."
  for (const id of ['a1', 'a2', 'a3', 'a4']) {
    await own.put(`agents/${id}`, agent(id, '10.0.0.1', { role: 'web' }))
    const status = { ...row('web/nginx', revision, revision), ...(id !== 'a1' && { remark }) }
    await own.put(`status/${id}`, { agent: id, revision, entries: [status] })
  }
  const { code, stdout } = await own.logctl(['rollout', '--group', 'web'])
  assert.equal(code, 0)
  assert.match(
    stdout,
    /applied on 4 of 4\n {2}a2 and 2 more: web\/nginx: Entry 'all' has some of its files \\e\[2J\.\n$/,
  )
  const { agents } = JSON.parse((await own.logctl(['rollout', '--group', 'web', '--json'])).stdout) as {
    agents: { remarks?: unknown }[]
  }
  assert.deepEqual(
    agents.slice(0, 2).map(({ remarks }) => remarks),
    [undefined, [{ entry: 'web/nginx', remark }]],
  )
})

test('entries that were taken from a host are on the way until the agent says that their key runs without them', async (t) => {
  const own = await TestStore.open(t)
  const key = `${own.prefix}/collect/hosts/10.0.0.1`
  const entry = { id: 'a', path: '/a.log', topic: 'a' }
  const first = await own.put('collect/hosts/10.0.0.1', [entry])
  await own.put('agents/a1', agent('a1', '10.0.0.1'))
  const says = (keys: Record<string, number>, entries: EntryStatus[]): Promise<number> =>
    own.put('status/a1', { agent: 'a1', revision: first, entries, keys })
  const rollout = async (): Promise<string> => (await own.logctl(['rollout', '--host', '10.0.0.1'])).stdout
  await says({ [key]: first }, [row('a', first, first)])
  assert.match(await rollout(), /applied on 1 of 1\n$/)
  const empty = await own.put('collect/hosts/10.0.0.1', [])
  assert.match(await rollout(), /applied on 0 of 1, 1 on the way\n {2}a1: on the way\n$/)
  await says({ [key]: empty }, [])
  assert.match(await rollout(), /applied on 1 of 1\n$/)
  await own.store.delete(key)
  assert.equal(
    await rollout(),
    'host 10.0.0.1: there are no entries, applied on 0 of 1, 1 on the way\n  a1: on the way\n',
  )
  await says({}, [])
  assert.equal(await rollout(), 'host 10.0.0.1: there are no entries, applied on 1 of 1\n')
})

test('a group that was deleted is on the way to those who still run what stood there', async (t) => {
  const own = await TestStore.open(t)
  for (const id of ['later', 'done']) await own.put(`agents/${id}`, agent(id, '10.0.0.1', { role: 'web' }))
  const key = `${own.prefix}/collect/groups/web`
  await own.put('status/later', { agent: 'later', revision: 5, entries: [row('web/nginx', 5, 5)], keys: { [key]: 5 } })
  await own.put('status/done', { agent: 'done', revision: 5, entries: [], keys: {} })
  const { stdout } = await own.logctl(['rollout', '--group', 'web'])
  assert.equal(stdout, 'group web: there are no entries, applied on 0 of 1, 1 on the way\n  later: on the way\n')
})

test('entries of two addresses of one agent with one id count each by its own key', async (t) => {
  const own = await TestStore.open(t)
  const entry = { id: 'a', path: '/a.log', topic: 'a' }
  const [one, two] = [
    await own.put('collect/hosts/10.0.0.1', [entry]),
    await own.put('collect/hosts/10.0.0.2', [entry]),
  ]
  const keyOf = (ip: string): string => `${own.prefix}/collect/hosts/${ip}`
  const registration = { ...agent('a1', '10.0.0.1'), ips: ['10.0.0.1', '10.0.0.2'] }
  await own.put('agents/a1', registration)
  const entries = [
    { ...row('a', one, one), key: keyOf('10.0.0.1') },
    { ...row('a', two, null, 'the first of them runs'), key: keyOf('10.0.0.2') },
  ]
  const keys = { [keyOf('10.0.0.1')]: one, [keyOf('10.0.0.2')]: two }
  await own.put('status/a1', { agent: 'a1', revision: two, entries, keys })
  const { stdout } = await own.logctl(['rollout'])
  assert.match(stdout, /^host 10\.0\.0\.1: .* applied on 1 of 1$/m)
  assert.match(stdout, /^host 10\.0\.0\.2: .* applied on 0 of 1, 1 failed\n {2}a1: a: the first of them runs$/m)
})
