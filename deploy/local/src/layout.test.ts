import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { clientPorts, freeLayout, layoutFrom, usualPorts } from './layout.ts'
import { freePorts, isPortFree } from './ports.ts'

test('the usual ports are those that everybody knows', () => {
  const layout = layoutFrom(usualPorts, { brokers: 1, etcdMembers: 1 })
  assert.deepEqual(layout, {
    kafka: [9092, 9093],
    etcd: [2379, 2380],
    elasticsearch: [9200, 9300],
    influxdb: [8086, 8088],
  })
})

test('three of a kind get ports of their own', () => {
  const layout = layoutFrom(usualPorts, { brokers: 3, etcdMembers: 3 })
  assert.deepEqual(clientPorts(layout.kafka), [9092, 9094, 9096])
  assert.deepEqual(clientPorts(layout.etcd), [2379, 2381, 2383])
})

test('free ports are different and free', async () => {
  const { kafka, etcd, elasticsearch, influxdb } = await freeLayout({ brokers: 3, etcdMembers: 3 })
  const ports = [...kafka, ...etcd, ...elasticsearch, ...influxdb]
  assert.equal(new Set(ports).size, 16)
  for (const port of ports) assert.equal(await isPortFree(port), true)
})

test('a port that someone listens on is not free', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  assert.equal(await isPortFree(address.port), false)
})

test('a port that was given is given to no other process', async (t) => {
  const { pid } = process
  // As another process that begins to look at the same place.
  const other = spawn(process.execPath, ['--input-type=module'], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => other.kill('SIGKILL'))
  const module = new URL('ports.ts', import.meta.url)
  other.stdin.end(`
    Object.defineProperty(process, 'pid', { value: ${pid} })
    const { freePorts } = await import(${JSON.stringify(module.href)})
    console.log((await freePorts(40)).join())
    setInterval(() => {}, 60_000)`)
  const [line] = (await once(other.stdout, 'data')) as [Buffer]
  const theirs = new Set(line.toString().trim().split(',').map(Number))
  assert.equal(theirs.size, 40)
  assert.deepEqual(
    (await freePorts(40)).filter((port) => theirs.has(port)),
    [],
  )
})
