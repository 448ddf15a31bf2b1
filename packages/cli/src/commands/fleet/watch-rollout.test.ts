import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryStatus } from '@logpipe/config'
import { startLogctl } from '../../test-output.ts'
import { agent, row } from '../../test-fleet.ts'
import { TestStore } from '../../test-store.ts'

const entry = { id: 'nginx', path: '/var/log/nginx/*.log', topic: 'web_log' }
const args = ['rollout', '--group', 'web', '--watch']

/** A group of two agents that have not said anything, and how one of them says something. */
async function group(
  own: TestStore,
): Promise<{ revision: number; says: (id: string, error?: string) => Promise<unknown> }> {
  const revision = await own.put('collect/groups/web', { selector: { role: 'web' }, entries: [entry] })
  for (const id of ['a', 'b']) await own.put(`agents/${id}`, agent(id, '10.0.0.1', { role: 'web' }))
  const says = (id: string, error?: string): Promise<unknown> => {
    const entries: EntryStatus[] = [row('web/nginx', revision, error === undefined ? revision : null, error)]
    return own.put(`status/${id}`, { agent: id, revision, entries })
  }
  return { revision, says }
}

test(
  'rollout --watch tells each change once, and ends well when all have applied it',
  { timeout: 30_000 },
  async (t) => {
    const own = await TestStore.open(t)
    const { revision, says } = await group(own)
    const watch = startLogctl(t, args, { env: own.env })
    await watch.stdoutShows('applied on 0 of 2, 2 on the way\n')
    await says('a')
    await watch.stdoutShows('applied on 1 of 2, 1 on the way\n')
    await says('b')
    const { code, stdout, stderr } = await watch.ended
    const head = `group web: revision ${revision}, applied on`
    assert.equal(stdout, `${head} 0 of 2, 2 on the way\n${head} 1 of 2, 1 on the way\n${head} 2 of 2\n`)
    assert.deepEqual([code, stderr], [0, ''])
  },
)

test('rollout --watch goes on when one has failed, says why, and ends badly', { timeout: 30_000 }, async (t) => {
  const own = await TestStore.open(t)
  const { says } = await group(own)
  await says('a', 'the topic is \u001b[2J forbidden')
  const watch = startLogctl(t, [...args, '--json'], { env: own.env })
  await watch.stdoutShows('"failed":1')
  await says('b')
  const { code, stdout } = await watch.ended
  assert.equal(code, 1)
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { pending: number })
  assert.deepEqual(
    rows.map(({ pending }) => pending),
    [1, 0],
  )
})

test(
  'rollout --watch ends at its timeout with who it is on the way to; a timeout that is none is refused',
  { timeout: 30_000 },
  async (t) => {
    const own = await TestStore.open(t)
    const { revision, says } = await group(own)
    await says('a')
    const { code, stdout, stderr } = await own.logctl([...args, '--timeout', '3s'])
    assert.equal(code, 1)
    // Looked at several times, said once, and at the end with all of it.
    const head = `group web: revision ${revision}, applied on 1 of 2, 1 on the way\n`
    assert.equal(stdout, `${head}${head}  b: on the way\n`)
    assert.equal(stderr, 'logctl: It is not applied everywhere after 3s.\n')
    for (const timeout of ['soon', '10ms', '3d']) {
      const refused = await own.logctl([...args, '--timeout', timeout])
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, /--timeout is '.*': give a time from 1s to 24h/)
    }
  },
)
