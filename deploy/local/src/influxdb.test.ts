import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startStack } from './stack.ts'

test('InfluxDB is started where it is asked for, alone, and keeps its data over a kill', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'logpipe-stack-'))
  let stop = async (): Promise<void> => {}
  t.after(async () => {
    await stop()
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  })
  const stack = await startStack({ dir, services: ['influxdb'], influxdb: { auth: true }, ports: 'free', graceMs: 0 })
  stop = () => stack.stop()
  assert.equal(stack.elasticsearch.length, 0)
  const query = async (q: string): Promise<number> => {
    const response = await fetch(`${stack.addresses.influxdb?.url}/query`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
      headers: q.startsWith('SHOW') ? { authorization: `Basic ${btoa('admin:secret')}` } : {},
    })
    await response.arrayBuffer()
    return response.status
  }
  assert.equal(await query("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES"), 200)
  assert.equal(await query('DROP USER admin'), 401)
  await stack.influxdb[0]?.kill()
  await stack.influxdb[0]?.start()
  assert.equal(await query('SHOW USERS'), 200)
})
