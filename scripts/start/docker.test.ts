import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { startCommand } from '../shared/test-command.ts'

test('where an engine answers docker compose is used; containers that do not come up are reported and taken down', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe-docker-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const calls = join(folder, 'calls')
  // A stand-in for the client of an engine on which the containers fail.
  const script = `#!/bin/sh\necho "$*" >>"${calls}"\n[ "$2" != up ] || { echo 'port is already allocated' >&2; exit 1; }\n`
  await writeFile(join(folder, 'docker'), script)
  await chmod(join(folder, 'docker'), 0o755)
  const start = startCommand(t, ['start'], { PATH: `${folder}${delimiter}${process.env.PATH}` })
  assert.equal(await start.ended, 1)
  assert.match(
    start.output(),
    /port is already allocated[^]*The containers did not come up; what they log stands above\./,
  )
  assert.deepEqual((await readFile(calls, 'utf8')).trimEnd().split('\n'), [
    'info',
    'compose version',
    'compose up --detach --build --wait --wait-timeout 300',
    'compose logs --tail 20',
    'compose down',
  ])
})
