import assert from 'node:assert/strict'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { CollectEntry } from '@logpipe/config'
import { LogDir } from '@logpipe/testkit'
import { compilePlan, type PlanEntry } from '../plan/compile.ts'
import { statPath } from './identity.ts'
import { findFiles, type Scan } from './finder.ts'
import { Roots } from './roots.ts'
import { Sightings } from './sightings.ts'

function entriesOf(dir: LogDir, ...paths: string[]): readonly PlanEntry[] {
  return compilePlan(paths.map((path) => CollectEntry.parse({ path: dir.file(path), topic: 't' }))).entries
}

/** The whole scan, and how often it paused. */
function scan(entries: readonly PlanEntry[], sightings = new Sightings()): Scan & { pauses: number } {
  const steps = findFiles(entries, new Roots(['/']), sightings)
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next()
    if (done === true) return { ...value, pauses }
  }
}

const names = (dir: LogDir, { found }: Scan): string[] =>
  found.map(({ path }) => path.slice(dir.path.length + 1)).toSorted()

test('links to folders are walked, but not round in a circle', (t) => {
  const dir = LogDir.create(t)
  dir.append('real/a.log', '')
  dir.append('real/deep/b.log', '')
  dir.symlink('real', 'linked')
  dir.symlink('..', 'real/up')
  dir.symlink('../deep', 'real/deep/self')
  dir.symlink('nowhere', 'dangling.log')
  const seen = scan(entriesOf(dir, '**/*.log'))
  assert.deepEqual(names(dir, seen), ['linked/a.log', 'linked/deep/b.log', 'real/a.log', 'real/deep/b.log'])
  const dangling = seen.ignored.find(({ path }) => path === dir.file('dangling.log'))
  assert.equal(dangling?.reason, 'It is a symbolic link that leads nowhere.')
})

test('folders that link to each other do not make a scan endless', (t) => {
  const dir = LogDir.create(t)
  dir.append('x/a.log', '')
  dir.append('y/b.log', '')
  for (const name of ['p', 'q', 'r']) {
    dir.symlink('../y', `x/${name}`)
    dir.symlink('../x', `y/${name}`)
  }
  const { found, pauses } = scan(entriesOf(dir, '**/*.log'))
  assert.ok(pauses < 10)
  assert.ok(new Set(found.map(({ stat }) => stat.ino)).size === 2)
})

test('files are found in the order of the entries, one by one for each', (t) => {
  const dir = LogDir.create(t)
  dir.append('x/a.log', '')
  dir.append('b.log', '')
  const { found } = scan(entriesOf(dir, 'x/*', '**/*.log'))
  assert.deepEqual(
    found.map(({ path, entry }) => [path.slice(dir.path.length + 1), entry.spec.path.slice(dir.path.length + 1)]),
    [
      ['x/a.log', 'x/*'],
      ['b.log', '**/*.log'],
      ['x/a.log', '**/*.log'],
    ],
  )
})

test('a folder that is not there is no failure; one that cannot be listed is', (t) => {
  const dir = LogDir.create(t)
  dir.symlink('round', 'round')
  const { found, blind } = scan(entriesOf(dir, 'nowhere/*.log', 'round/*.log'))
  assert.deepEqual(found, [])
  assert.deepEqual([...blind.keys()], [dir.file('round')])
})

test('a folder that cannot be listed is told for each entry that looks into it', (t) => {
  const dir = LogDir.create(t)
  dir.symlink('round', 'round')
  const { ignored } = scan(entriesOf(dir, 'round/*.log', 'round/*.txt'))
  assert.deepEqual(
    ignored.map(({ path, entry, kind }) => [path, entry.spec.path, kind]),
    ['log', 'txt'].map((end) => [dir.file('round'), dir.file(`round/*.${end}`), 'failure']),
  )
  assert.match(ignored[0]?.reason ?? '', /round cannot be read/)
})

test('files and folders whose names are no UTF-8 are told, not passed over in silence', (t) => {
  const dir = LogDir.create(t)
  const gbk = Buffer.from([0xc8, 0xd5, 0xd6, 0xbe])
  const at = (...parts: (string | Buffer)[]): Buffer =>
    Buffer.concat([`${dir.path}/`, ...parts].map((part) => Buffer.from(part)))
  mkdirSync(at(gbk))
  writeFileSync(at(gbk, '/in.log'), 'x\n')
  writeFileSync(at(gbk, '.log'), 'x\n')
  dir.append('日志 one.log', 'x\n')
  const seen = scan(entriesOf(dir, '**/*.log'))
  assert.deepEqual(names(dir, seen), ['日志 one.log'])
  assert.deepEqual(
    seen.ignored.map(({ kind }) => kind),
    ['odd', 'odd'],
  )
  for (const { reason } of seen.ignored) assert.match(reason, /name is no UTF-8/)
})

test('a large folder is looked at in slices', (t) => {
  const dir = LogDir.create(t)
  for (let i = 0; i < 1_000; i++) dir.append(`${i}.log`, '')
  const { found, pauses } = scan(entriesOf(dir, '*.log'))
  assert.equal(found.length, 1_000)
  assert.ok(pauses >= 5)
})

test('a scan makes new objects only of what has changed since the last one, and misses nothing of that', (t) => {
  const dir = LogDir.create(t)
  for (const name of ['quiet', 'grows', 'replaced', 'gone', 'rewritten']) dir.append(`x/${name}.log`, name)
  const entries = entriesOf(dir, '*/*.log')
  const sightings = new Sightings()
  const first = scan(entries, sightings)
  const before = new Map(first.found.map((found) => [found.path, found]))
  dir.append('x/grows.log', 'more')
  dir.replace('x/replaced.log', 'replaced')
  dir.remove('x/gone.log')
  dir.append('x/new.log', '')
  utimesSync(dir.file('x/rewritten.log'), 1, 1)
  const second = scan(entries, sightings)
  assert.deepEqual(
    names(dir, second),
    ['grows', 'new', 'quiet', 'replaced', 'rewritten'].map((name) => `x/${name}.log`),
  )
  for (const found of second.found) {
    assert.equal(found === before.get(found.path), found.path.endsWith('quiet.log'), found.path)
    assert.deepEqual(found.stat, statPath(found.path))
  }
  dir.append('x/gone.log', 'is back')
  assert.equal(scan(entries, sightings).found.length, 6)
})
