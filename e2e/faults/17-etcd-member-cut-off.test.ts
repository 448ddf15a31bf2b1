import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEtcdStore } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import { closeAfter } from '@logpipe/testkit'
import { ownStack } from '../lib/own-stack.ts'
import { timeout } from './figures.ts'

test(
  'a watch on a member that has lost the others is ended, so that who follows goes to one that has not',
  { timeout },
  async (t) => {
    const stack = await ownStack(t, { services: ['etcd'], etcdMembers: 3 })
    const [left, ...others] = stack.etcd
    const [endpoint] = stack.addresses.etcd.endpoints
    assert.ok(left !== undefined && endpoint !== undefined)
    const store = await openEtcdStore({ endpoints: [endpoint] })
    closeAfter(t, () => store.close())
    const { revision } = await store.list('/logpipe/')
    // A member that is alive and alone answers pings: nothing but etcd itself can tell.
    const stop = AbortSignal.timeout(60_000)
    const watching = store.watch('/logpipe/', revision + 1, () => {}, stop)
    watching.catch(() => {})
    await store.put('/logpipe/x', '1')
    for (const member of others) await member.kill('SIGKILL')
    await assert.rejects(watching, (error) => isLogpipeError(error, 'etcd_unavailable'))
    assert.equal(stop.aborted, false)
  },
)
