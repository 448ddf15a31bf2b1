import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { checkout } from '@logpipe/stack'

const run = promisify(execFile)

for (const program of ['agent', 'transfer']) {
  test(`the step of ${program}.Dockerfile makes a folder that runs, and takes the settings of docker-compose.yml`, async (t) => {
    const dockerfile = await readFile(join(checkout, `deploy/docker/${program}.Dockerfile`), 'utf8')
    const step = /^RUN (node scripts\/bootstrap\.mjs .*) \/app$/m.exec(dockerfile)?.[1]
    assert.ok(step)
    const folder = await mkdtemp(join(tmpdir(), 'logpipe-image-'))
    t.after(() => rm(folder, { recursive: true, force: true }))

    const app = join(folder, 'app')
    await run('sh', ['-c', `${step} "$1"`, 'sh', app], { cwd: checkout, timeout: 300_000 })
    const settings = join(checkout, `deploy/docker/${program}.yaml`)
    const main = join(app, 'dist/main.js')
    // As in the image: no condition that would lead to sources.
    const env = { PATH: process.env.PATH }
    await run(process.execPath, [main, 'validate', '--config', settings], { cwd: folder, env, timeout: 60_000 })
  })
}
