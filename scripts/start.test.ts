import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { existingStack } from '@logpipe/stack'
import { stackFolder, startCommand } from './shared/test-command.ts'

/** Pids of processes with `dir` in their command line. */
function processesOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/`)
      } catch {
        return false
      }
    })
}

test('lines of this machine become searchable, twice in a row on the same data, and Ctrl-C ends it all', async (t) => {
  const dir = await stackFolder(t)
  const start = ['start', '--local', '--free-ports', '--dir', dir]

  const once = startCommand(t, [...start, '--once'])
  assert.equal(await once.ended, 0, once.output())
  assert.match(once.output(), /It works: [\d,]+ lines? (is|are) searchable/)
  assert.deepEqual(processesOf(dir), [])

  const again = startCommand(t, start)
  await again.printed(/It works: /)
  const state = existingStack(dir)?.state
  assert.equal(state?.agents?.length, 1)
  assert.equal(state?.transfers?.length, 1)
  assert.match(again.output(), /bin\/logctl search/)
  // As in a terminal, where the same key reaches a command several times.
  again.child.kill('SIGINT')
  again.child.kill('SIGINT')
  assert.equal(await again.ended, 0, again.output())
  assert.deepEqual(processesOf(dir), [])
  assert.equal(existingStack(dir), undefined)
  assert.ok(readFileSync(join(dir, 'start/logagent.log'), 'utf8').length > 0)
})
