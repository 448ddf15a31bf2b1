import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from './errors.ts'
import { type HttpEndpoint, type HttpOptions, startHttp } from './http.ts'
import { silentLogger } from './log.ts'
import { createMetrics } from './metrics.ts'

async function start(t: TestContext, options: Partial<HttpOptions> = {}): Promise<HttpEndpoint> {
  const endpoint = await startHttp({
    listen: '127.0.0.1:0',
    metrics: createMetrics('test'),
    ready: () => ({ ready: true }),
    log: silentLogger,
    ...options,
  })
  t.after(() => endpoint.close())
  return endpoint
}

test('metrics, health and the routes given are served', async (t) => {
  const { address } = await start(t, { routes: { '/files': async () => [{ path: '/a' }], '/none': () => undefined } })
  const metrics = await fetch(`http://${address}/metrics`)
  assert.match(await metrics.text(), /test_build_info/)
  assert.match(metrics.headers.get('content-type') ?? '', /text\/plain/)
  assert.equal((await fetch(`http://${address}/healthz`)).status, 200)
  assert.deepEqual(await (await fetch(`http://${address}/files`)).json(), [{ path: '/a' }])
  assert.equal(await (await fetch(`http://${address}/none`)).json(), null)
  assert.equal((await fetch(`http://${address}/other`)).status, 404)
})

test('readyz is 503 with its reason until the process is ready', async (t) => {
  let ready = false
  const endpoint = await start(t, { ready: () => (ready ? { ready } : { ready, reason: 'No broker answers.' }) })
  const before = await fetch(`http://${endpoint.address}/readyz`)
  assert.equal(before.status, 503)
  assert.deepEqual(await before.json(), { ready: false, reason: 'No broker answers.' })
  ready = true
  assert.equal((await fetch(`http://${endpoint.address}/readyz`)).status, 200)
})

test('a port that is taken is told in a sentence', async (t) => {
  const { address } = await start(t)
  await assert.rejects(start(t, { listen: address }), (error) => {
    assert.ok(isLogpipeError(error, 'port_taken'))
    assert.match(error.message, new RegExp(`already listens on ${address}.*http\\.listen`))
    return true
  })
})

test('an address that is none, or not ours, is told in a sentence', async (t) => {
  for (const listen of ['9600', 'localhost', '127.0.0.1:99999', '192.0.2.1:9600']) {
    await assert.rejects(start(t, { listen }), (error) => isLogpipeError(error, 'settings_invalid'), listen)
  }
})

test('a route that throws answers 500 with the sentence and harms no other', async (t) => {
  const { address } = await start(t, {
    routes: {
      '/bad': () => {
        throw new Error('broken')
      },
    },
  })
  const answer = await fetch(`http://${address}/bad`)
  assert.equal(answer.status, 500)
  assert.deepEqual(await answer.json(), { error: 'broken' })
  assert.equal((await fetch(`http://${address}/healthz`)).status, 200)
})

test('close cuts off a client that sits on an open request', { timeout: 10_000 }, async (t) => {
  const endpoint = await start(t)
  const [host, port] = endpoint.address.split(':')
  const socket = connect(Number(port), host)
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n')
  const cut = once(socket, 'close')
  await endpoint.close()
  await cut
})
