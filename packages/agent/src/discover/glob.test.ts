import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Glob } from './glob.ts'

const cases: [pattern: string, folder: string, matches: string[], misses: string[]][] = [
  ['/var/log/a.log', '/var/log', ['/var/log/a.log'], ['/var/log/b.log', '/var/log/x/a.log']],
  ['/var/log/*.log', '/var/log', ['/var/log/a.log'], ['/var/log/x/a.log', '/var/log/.a.log', '/var/log/a.log.1']],
  ['/var/log/**/*.log', '/var/log', ['/var/log/a.log', '/var/log/x/y/a.log'], ['/var/log/x/a.txt']],
  ['/srv/{a,b/c}/?.log', '/srv', ['/srv/a/1.log', '/srv/b/c/1.log'], ['/srv/b/1.log', '/srv/a/12.log']],
  ['/srv/[ab]*/x', '/srv', ['/srv/a1/x', '/srv/b/x'], ['/srv/c/x']],
  ['/*.log', '/', ['/a.log'], ['/x/a.log']],
]

for (const [pattern, folder, matches, misses] of cases) {
  test(`${pattern} walks from ${folder} and matches what it says`, () => {
    const glob = new Glob(pattern)
    assert.equal(glob.folder, folder)
    for (const path of matches) assert.ok(glob.matches(path), path)
    for (const path of misses) assert.ok(!glob.matches(path), path)
  })
}

test('a walk enters only folders that can hold matches', () => {
  const enters = (pattern: string, path: string, depth: number): boolean =>
    new Glob(pattern).mayEnter(path, path.slice(path.lastIndexOf('/') + 1), depth)
  assert.equal(enters('/var/log/*.log', '/var/log/x', 0), false)
  assert.equal(enters('/var/log/app-*/*.log', '/var/log/app-1', 0), true)
  assert.equal(enters('/var/log/app-*/*.log', '/var/log/other', 0), false)
  assert.equal(enters('/var/log/app-*/*.log', '/var/log/app-1/x', 1), false)
  assert.equal(enters('/var/log/a*/**/*.log', '/var/log/b', 0), false)
  assert.equal(enters('/var/log/a*/**/*.log', '/var/log/a/x/y', 2), true)
  assert.equal(enters('/srv/{a,b/c}/?.log', '/srv/b', 0), true)
  assert.equal(enters('/srv/{a,b/c}/?.log', '/srv/b/c', 1), true)
  assert.equal(enters('/srv/{a,b/c}/?.log', '/srv/b/c/d', 2), false)
  assert.equal(enters('/**/*.log', '/proc', 0), false)
})
