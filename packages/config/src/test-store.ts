import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Leases } from './lease.ts'
import { openEtcdStore } from './open-store.ts'
import type { ConfigStore } from './store.ts'

/** Addresses of the members of the etcd for tests. Not from testkit: testkit builds on this package. */
export function testEndpoints(): string[] {
  const endpoints = process.env['LOGPIPE_TEST_ETCD']?.split(',')
  assert.ok(endpoints, 'LOGPIPE_TEST_ETCD is not set: run npm test, or set it to the address of an etcd for tests.')
  return endpoints
}

/** The real etcd, and a prefix of the test's own; what stands below it goes when the test ends. */
export async function openTestStore(t: TestContext): Promise<{ store: ConfigStore & Leases; prefix: string }> {
  const store = await openEtcdStore({ endpoints: testEndpoints() })
  const prefix = `/logpipe-test-${randomUUID()}`
  t.after(async () => {
    for (const { key } of (await store.list(prefix)).items) await store.delete(key)
    await store.close()
  })
  return { store, prefix }
}

/** Resolves when `look` says true; fails after `deadlineMs`. Not from testkit: testkit builds on this package. */
export async function until(what: string, look: () => Promise<boolean> | boolean, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `Waited in vain for ${what}.`)
    await pause(20)
  }
}
