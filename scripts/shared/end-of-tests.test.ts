import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const endOfTests = new URL('end-of-tests.ts', import.meta.url).href

/** Runs a test file as npm test does. */
function runFile(t: TestContext, program: string): { stdout: string; status: number | null } {
  const dir = mkdtempSync(join(tmpdir(), 'logpipe-tests-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'some.test.mjs')
  writeFileSync(file, `import { after, test } from 'node:test'\nimport { createServer } from 'node:net'\n${program}`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return spawnSync(process.execPath, ['--import', endOfTests, '--test', '--test-reporter=spec', file], {
    encoding: 'utf8',
    env: { ...env, LOGPIPE_TEST_CLOSE_MS: '300' },
    timeout: 20_000,
  })
}

test('whoever is told of the end of a test process is, and its exit code stays', (t) => {
  const { stdout, status } = runFile(t, "process.on('exit', (code) => console.log('told', code)); process.exitCode = 3")
  assert.match(stdout, /told 3/)
  assert.equal(status, 1)
})

test('a test process that something keeps alive is ended and fails, and it is told what that is', (t) => {
  const { stdout, status } = runFile(
    t,
    "test('one', () => {}); after(() => new Promise(() => {})); createServer().listen(0, '127.0.0.1')",
  )
  assert.match(stdout, /some\.test\.mjs: its tests ended 0\.3 s ago.*TCPServerWrap.*Server listening true/)
  assert.match(stdout, /✔ one/)
  assert.equal(status, 1)
})

test('a test that failed stays failed where its process is ended', (t) => {
  const { stdout, status } = runFile(
    t,
    "test('one', () => { throw new Error('no') }); createServer().listen(0, '127.0.0.1')",
  )
  assert.match(stdout, /its tests ended 0\.3 s ago/)
  assert.match(stdout, /fail 1/)
  assert.equal(status, 1)
})
