import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const leaveAtExit = new URL('leave-at-exit.ts', import.meta.url).href

test('whoever is told of the end of a test process is, and its exit code stays', () => {
  const program = "process.on('exit', (code) => console.log('told', code)); process.exitCode = 3"
  const { stdout, status } = spawnSync(process.execPath, ['--import', leaveAtExit, '-e', program], { encoding: 'utf8' })
  assert.deepEqual([stdout, status], ['told 3\n', 3])
})
