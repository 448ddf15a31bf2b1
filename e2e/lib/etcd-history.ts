import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import type { ServerHandle, Stack } from '@logpipe/stack'

/** etcd's history up to now is dropped; by its HTTP gateway, since nobody but tests does so. */
export async function compactHistory(stack: Stack): Promise<void> {
  const [endpoint = ''] = stack.addresses.etcd.endpoints
  const call = async (path: string, body: object): Promise<{ header?: { revision?: string } }> => {
    const response = await fetch(`${endpoint}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })
    assert.equal(response.status, 200)
    return (await response.json()) as { header?: { revision?: string } }
  }
  const { header } = await call('range', { key: Buffer.from('/').toString('base64') })
  await call('compaction', { revision: header?.revision, physical: true })
}

/** Keeps a copy of what an etcd that has ended holds; what is returned puts it back, while it is ended again. */
export function keepCopy(etcd: ServerHandle): () => void {
  const data = /"data-dir":"([^"]+)"/.exec(etcd.logTail(2_000))?.[1] ?? assert.fail('etcd says where its data is')
  cpSync(data, `${data}.older`, { recursive: true })
  return () => {
    rmSync(data, { recursive: true })
    cpSync(`${data}.older`, data, { recursive: true })
  }
}
