import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'node:test'
import { LogDir } from '@logpipe/testkit'
import { runLogctl } from '../../test-output.ts'
import { TestStore } from '../../test-store.ts'

/** What is offered at the end of these words, without the descriptions. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runLogctl(['complete', '--', ...words])
  assert.deepEqual([code, stderr], [0, ''])
  return values(stdout)
}

function values(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '')
}

test('commands, those below them, options and choices are offered', async () => {
  const commands = await offered('')
  for (const command of ['search', 'entries', 'dlq', 'completion']) assert.ok(commands.includes(command), command)
  assert.ok(!commands.includes('complete'), 'hidden')
  assert.deepEqual(await offered('sea'), ['search'])
  assert.deepEqual(await offered('entries', 'ro'), ['rollback'])
  assert.deepEqual(await offered('entries', 'put', '--sel'), ['--selector'])
  assert.deepEqual(await offered('validate', '--as', 'pi'), ['pipeline'])
  assert.deepEqual(await offered('completion', ''), ['bash', 'zsh', 'fish'])
})

test('options of all commands above are offered, one that was given is not, and values are passed by', async () => {
  const options = await offered('--etcd', 'http://a:1', 'entries', 'get', '--host', '10.0.0.7', '--')
  assert.ok(options.includes('--group') && options.includes('--elasticsearch') && options.includes('--help'))
  assert.ok(!options.includes('--host') && !options.includes('--etcd'))
  assert.deepEqual(await offered('--consumer-group', 'search', 'sea'), ['search'])
  assert.ok((await offered('entries', 'put', '--selector', 'a=b', '--sel')).includes('--selector'), 'again and again')
})

test('where only a person knows what comes, nothing is offered', async () => {
  assert.deepEqual(await offered('entries', 'put', '--note', ''), [])
  assert.deepEqual(await offered('search', '--', '--'), [])
})

test('hosts and groups come from etcd, nothing that a shell would act on', async (t) => {
  const own = await TestStore.open(t)
  await own.put('collect/hosts/10.1.2.3', [])
  await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [] })
  const agent = {
    id: 'a1',
    host: 'web-1',
    ip: '10.9.9.9',
    labels: {},
    version: '1',
    pid: 1,
    address: 'x:1',
    started: '',
  }
  await own.put('agents/a1', agent)
  await own.put('agents/a2', { ...agent, id: 'a2', host: '$(reboot)' })
  const found = async (...words: string[]): Promise<string[]> =>
    values((await own.logctl(['complete', '--', ...words])).stdout)
  assert.deepEqual(await found('entries', 'get', '--host', ''), ['10.1.2.3', '10.9.9.9'])
  assert.deepEqual(await found('entries', 'get', '--host', '10.9'), ['10.9.9.9'])
  assert.deepEqual(await found('rollout', '--group', 'w'), ['web'])
  assert.deepEqual(await found('search', '--host', ''), ['web-1'])
  assert.deepEqual(await found('files', '--agent', 'a'), ['a1', 'a2'])
  assert.deepEqual(await found('canary', 'start', ''), ['web'])
  assert.deepEqual(await found('groups', 'edit', ''), ['web'])
  await own.put('pipelines/nginx', { processors: [] })
  assert.deepEqual(await found('pipelines', 'get', ''), ['nginx'])
})

test('an etcd that does not answer costs a second, not more, and no error', async () => {
  const started = performance.now()
  const args = ['complete', '--', 'rollout', '--group', '']
  const { code, stdout, stderr } = await runLogctl(args, { env: { LOGCTL_ETCD: 'http://127.0.0.1:9' } })
  assert.deepEqual([code, stdout, stderr], [0, '', ''])
  assert.ok(performance.now() - started < 4_000)
})

test('bash asks logctl with the words up to the cursor, and takes what it answers', async (t) => {
  const dir = LogDir.create(t)
  dir.append('script', (await runLogctl(['completion', 'bash'])).stdout)
  // In place of logctl: it tells what it was asked, and has two answers.
  dir.append('logctl', '#!/bin/sh\nprintf "<%s>" "$@" >&3\nprintf "get\\tprint them\\nput\\n"\n')
  chmodSync(dir.file('logctl'), 0o755)
  const typed = `source '${dir.file('script')}'
COMP_WORDS=(logctl entries '' later) COMP_CWORD=2
_logctl logctl '' entries
printf '%s|' "\${COMPREPLY[@]}"`
  const ran = spawnSync('bash', ['-c', typed], {
    env: { PATH: `${dir.path}${delimiter}${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  assert.equal(ran.stdout, 'get|put|', ran.stderr)
  assert.equal(ran.output[3], '<complete><--><entries><>')
})

test('the script of each shell that is here can be read by it', async (t) => {
  const dir = LogDir.create(t)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runLogctl(['completion', shell])
    assert.equal(code, 0)
    dir.append(shell, stdout)
    const { error, status, stderr } = spawnSync(shell, ['-n', dir.file(shell)], { encoding: 'utf8' })
    if (error === undefined) assert.equal(status, 0, `${shell}: ${stderr}`)
  }
})
