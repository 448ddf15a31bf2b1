import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestStore } from '../../test-store.ts'

const host = ['--host', '10.0.0.7']
const nginx = { path: '/var/log/nginx/*.log', topic: 'web_log' }
const app = { path: '/srv/app/*.log', topic: 'app_log', dataset: 'app' }

test('the simplest form adds an entry; put of a list replaces them all; get gives what put takes', async (t) => {
  const own = await TestStore.open(t)
  const simple = [...host, '--path', nginx.path, '--topic', nginx.topic]
  const first = await own.logctl(['entries', 'put', ...simple])
  assert.deepEqual([first.code, first.stdout, first.stderr], [0, 'Written: host 10.0.0.7.\n', ''])
  assert.equal((await own.logctl(['entries', 'put', ...simple])).stdout, 'Nothing to change: host 10.0.0.7.\n')
  await own.logctl(['entries', 'put', ...host, '--path', '/a.log', '--topic', 'a'])
  assert.deepEqual(JSON.parse((await own.at('collect/hosts/10.0.0.7')) ?? ''), [nginx, { path: '/a.log', topic: 'a' }])
  const { code } = await own.logctl(['entries', 'put', ...host, '-'], { stdin: `${JSON.stringify([app])}\n` })
  assert.equal(code, 0)
  const { stdout } = await own.logctl(['entries', 'get', ...host])
  assert.equal(stdout, `${JSON.stringify([app], null, 2)}\n`)
  const again = await own.logctl(['entries', 'put', ...host, '-'], { stdin: stdout })
  assert.equal(again.stdout, 'Nothing to change: host 10.0.0.7.\n')
  const json = JSON.parse((await own.logctl(['entries', 'get', ...host, '--json'])).stdout) as Record<string, unknown>
  assert.equal(json['value'], JSON.stringify([app]))
})

test('an IPv6 address is one host, however it is written', async (t) => {
  const own = await TestStore.open(t)
  const put = await own.logctl(['entries', 'put', '--host', '2001:DB8:0::1', '--path', '/a.log', '--topic', 'a'])
  assert.equal(put.code, 0, put.stderr)
  assert.match((await own.at('collect/hosts/2001:db8::1')) ?? '', /a\.log/)
  assert.match((await own.logctl(['entries', 'get', '--host', '2001:db8:0:0::1'])).stdout, /a\.log/)
})

test('a group keeps its selector when its entries are put, and its canary; groups list shows all', async (t) => {
  const own = await TestStore.open(t)
  const group = ['--group', 'web']
  const labels = ['--selector', 'role=web', '--selector', 'zone=a=b']
  const put = await own.logctl(['entries', 'put', ...group, ...labels, '--path', nginx.path, '--topic', nginx.topic])
  assert.deepEqual([put.code, put.stderr], [0, ''])
  const selector = { role: 'web', zone: 'a=b' }
  assert.deepEqual(JSON.parse((await own.at('collect/groups/web')) ?? ''), { selector, entries: [nginx] })
  const canary = { agents: ['a1'], entries: [] }
  await own.put('collect/groups/web', { selector, entries: [nginx], canary })
  await own.logctl(['entries', 'put', ...group, '-'], { stdin: JSON.stringify([app]) })
  assert.deepEqual(JSON.parse((await own.at('collect/groups/web')) ?? ''), { selector, entries: [app], canary })
  await own.logctl(['entries', 'put', ...group, '--selector', 'role=x'])
  assert.match((await own.at('collect/groups/web')) ?? '', /"selector":\{"role":"x"\}/)
  await own.put('collect/groups/broken', '\u001b[2J{')
  const list = await own.logctl(['groups', 'list'])
  assert.match(list.stdout, /^web +role=x +1$/m)
  assert.match(list.stdout, /^broken +0 +.*is not JSON/m)
  assert.ok(!list.stdout.includes('\u001b'))
})

test('unsound entries are refused with every fault at its field, exit code 2, and nothing is written', async (t) => {
  const own = await TestStore.open(t)
  const bad = JSON.stringify([
    { path: 'x', topic: 'a b' },
    { path: '/var/../x', topic: 'a', topc: '' },
  ])
  const { code, stderr, stdout } = await own.logctl(['entries', 'put', ...host, '-'], { stdin: bad })
  assert.deepEqual([code, stdout], [2, ''])
  for (const field of [
    /^ {2}\[0\]\.path must be absolute/m,
    /^ {2}\[0\]\.topic/m,
    /^ {2}\[1\]\.path/m,
    /^ {2}\[1\]\.topc .*'topic'/m,
  ])
    assert.match(stderr, field)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), null)
  const usages: [string[], RegExp][] = [
    [['put'], /Give --host IP or --group NAME/],
    [['put', '--host', 'web-1', '--path', '/a', '--topic', 'a'], /is no IP address/],
    [['put', ...host], /What is to be collected\?/],
    [['put', ...host, '--path', '/a'], /go together/],
    [['put', ...host, '-', '--path', '/a', '--topic', 'a'], /either a file/],
    [['put', ...host, '/nonexistent/file'], /cannot be read/],
    [['put', ...host, '--selector', 'a=b', '-'], /--selector goes with --group/],
    [['put', '--group', 'a/b', '-'], /cannot stand as name/],
    [['put', '--group', 'g', '--selector', 'role', '-'], /write label=value/],
  ]
  for (const [args, message] of usages) {
    const printed = await own.logctl(['entries', ...args], { stdin: '[]' })
    assert.equal(printed.code, 2, `${args.join(' ')}: ${printed.stderr}`)
    assert.match(printed.stderr, message)
  }
})

test('--dry-run shows what would change and changes nothing', async (t) => {
  const own = await TestStore.open(t)
  await own.put('collect/hosts/10.0.0.7', [nginx])
  const other = JSON.stringify([{ ...nginx, topic: 'other' }])
  const { code, stdout } = await own.logctl(['entries', 'put', ...host, '-', '--dry-run'], { stdin: other })
  assert.equal(code, 0)
  assert.match(stdout, /^- {5}"topic": "web_log"$/m)
  assert.match(stdout, /^\+ {5}"topic": "other"$/m)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), JSON.stringify([nginx]))
})

test('delete asks; history tells who, when and what; rollback brings back, as a change of its own', async (t) => {
  const own = await TestStore.open(t)
  await own.logctl(['entries', 'put', ...host, '-', '--note', 'first \u001b[2J'], { stdin: JSON.stringify([nginx]) })
  await own.logctl(['entries', 'put', ...host, '-'], { stdin: JSON.stringify([app]) })
  const nobody = await own.logctl(['entries', 'delete', ...host])
  assert.deepEqual([nobody.code, nobody.stderr], [2, 'logctl: Nobody can be asked here: give --yes.\n'])
  const no = await own.logctl(['entries', 'delete', ...host], { answer: 'n' })
  assert.equal(no.code, 1)
  assert.match(no.stderr, /Delete all entries of host 10\.0\.0\.7\? \[y\/N\] logctl: Nothing was changed\.\n$/)
  assert.ok(await own.at('collect/hosts/10.0.0.7'))
  const yes = await own.logctl(['entries', 'delete', ...host], { answer: 'y' })
  assert.deepEqual([yes.code, yes.stdout], [0, 'Deleted: host 10.0.0.7.\n'])
  assert.equal((await own.logctl(['entries', 'get', ...host])).code, 1)
  assert.equal((await own.logctl(['entries', 'rollback', ...host, '--yes'])).code, 0)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), JSON.stringify([app]))
  const lines = (await own.logctl(['entries', 'history', ...host, '--json'])).stdout.trim().split('\n')
  const past = lines.map((line) => JSON.parse(line) as { revision: number; by: string; to: unknown })
  assert.deepEqual(
    past.map(({ to }) => to),
    [JSON.stringify([nginx]), JSON.stringify([app]), null, JSON.stringify([app])],
  )
  assert.match(past[0]?.by ?? '', /.@./)
  const back = await own.logctl(['entries', 'rollback', ...host, '--to', String(past[0]?.revision), '--yes'])
  assert.equal(back.code, 0)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), JSON.stringify([nginx]))
  const { stdout } = await own.logctl(['entries', 'history', ...host])
  assert.match(stdout, /^revision \d+ {2}\S+Z {2}\S+@\S+ {2}first \\e\[2J\n\+ \[/)
  await own.put('collect/hosts/10.0.0.7', '[]')
  const byHand = await own.logctl(['entries', 'rollback', ...host, '--yes'])
  assert.equal(byHand.code, 2)
  assert.match(byHand.stderr, /changed without logctl .* --to REVISION/)
})

test('who is slower than someone else is told what to do, and writes nothing', async (t) => {
  const own = await TestStore.open(t)
  await own.put('collect/hosts/10.0.0.7', [nginx])
  const ask = async (): Promise<string> => {
    await own.put('collect/hosts/10.0.0.7', [app])
    return 'y'
  }
  const { code, stderr } = await own.logctl(['entries', 'delete', ...host], { ask })
  assert.equal(code, 1)
  assert.match(stderr, /Someone else has changed the entries of host 10\.0\.0\.7 .* do it again/)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), JSON.stringify([app]))
})

test('a person sees what differs before it is written; a program does not', async (t) => {
  const own = await TestStore.open(t)
  await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [nginx] })
  const put = ['groups', 'put', 'web', '-']
  const stdin = JSON.stringify([{ ...nginx, topic: 'other' }])
  const shown = await own.logctl(put, { stdin, isTerminal: true })
  assert.match(shown.stderr, /^- {7}"topic": "web_log"$/m)
  assert.match(shown.stderr, /^\+ {7}"topic": "other"$/m)
  const quiet = await own.logctl([...put, '--json'], { stdin: JSON.stringify([nginx]), isTerminal: true })
  assert.equal(quiet.stderr, '')
})

test('groups takes the name alone for all that entries does with --group', async (t) => {
  const own = await TestStore.open(t)
  const put = await own.logctl(['groups', 'put', 'web', '-', '--selector', 'role=web'], {
    stdin: JSON.stringify([nginx]),
  })
  assert.deepEqual([put.code, put.stdout], [0, 'Written: group web.\n'])
  const { stdout } = await own.logctl(['groups', 'get', 'web'])
  assert.deepEqual(JSON.parse(stdout), { selector: { role: 'web' }, entries: [nginx] })
  assert.equal((await own.logctl(['groups', 'delete', 'web'], { answer: 'y' })).stdout, 'Deleted: group web.\n')
  assert.equal((await own.logctl(['groups', 'rollback', 'web', '--yes'])).code, 0)
  const history = (await own.logctl(['groups', 'history', 'web', '--json'])).stdout.trim().split('\n')
  assert.equal(history.length, 3)
})

test('a change by hand that was written down afterwards is in the history, and can be undone where it is known what stood there', async (t) => {
  const own = await TestStore.open(t)
  const value = JSON.stringify([nginx])
  const at = new Date().toISOString()
  const audit = (n: number, record: object): Promise<number> =>
    own.put(`audit/1763703000123-000000000000000${n}`, {
      key: `${own.prefix}/collect/hosts/10.0.0.7`,
      by: 'unknown',
      at,
      ...record,
    })
  const revision = await own.put('collect/hosts/10.0.0.7', value)
  await audit(1, { from: { unknown: true }, to: value, revision })
  const history = await own.logctl(['entries', 'history', ...host])
  assert.match(
    history.stdout,
    new RegExp(`^revision ${revision} .* unknown\n {2}\\(what stood there before is not known\\)\n\\+ \\[`),
  )
  const back = await own.logctl(['entries', 'rollback', ...host, '--yes'])
  assert.deepEqual([back.code, back.stderr], [2, 'logctl: What stood at host 10.0.0.7 before that is not known.\n'])
  const next = await own.put('collect/hosts/10.0.0.7', [app])
  await audit(2, { from: value, to: JSON.stringify([app]), revision: next })
  // As a program does that writes what it wants again and again.
  await own.put('collect/hosts/10.0.0.7', [app])
  assert.equal((await own.logctl(['entries', 'rollback', ...host, '--yes'])).code, 0)
  assert.equal(await own.at('collect/hosts/10.0.0.7'), value)
})
