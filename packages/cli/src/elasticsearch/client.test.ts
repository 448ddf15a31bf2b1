import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { runLogctl } from '../test-output.ts'

// A stand-in: what other servers than the one of the tests would say.

interface Asked {
  path: string
  headers: IncomingHttpHeaders
}

/** Answers as Elasticsearch 8 does, below `prefix`; keeps what it was asked. */
async function elasticsearch8(t: TestContext, prefix = ''): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server: Server = createServer(({ url: path = '', headers }, response) => {
    asked.push({ path, headers })
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
      response.end(JSON.stringify(body))
    }
    const reason = 'Invalid media-type value on headers [Accept, Content-Type]'
    if (`${headers.accept} ${headers['content-type']}`.includes('compatible-with=9'))
      send(400, { error: { type: 'media_type_header_exception', reason }, status: 400 })
    else if (!path.startsWith(`${prefix}/`)) send(404, {})
    else if (path.includes('/_search')) send(200, { hits: { total: { value: 0 }, hits: [] }, _shards: { failed: 0 } })
    else if (path.includes('/_cluster/health')) send(200, { status: 'green', unassigned_shards: 0 })
    else send(200, { data_streams: [], indices: {}, aliases: [] })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`, asked }
}

test('a server of another major version is asked in a form that it takes', async (t) => {
  const { url, asked } = await elasticsearch8(t)
  const env = { LOGCTL_ELASTICSEARCH: url }
  for (const args of [['search', 'hello'], ['status']]) {
    const { code, stderr } = await runLogctl(args, { env })
    assert.equal(code, 0, stderr)
  }
  assert.ok(asked.length > 2)
})

test('what stands behind the host of an address is kept: a server may be below a path of a proxy', async (t) => {
  const { url, asked } = await elasticsearch8(t, '/logs/es')
  for (const elasticsearch of [url, `${url}/`]) {
    const { code, stderr } = await runLogctl(['status', '--elasticsearch', elasticsearch, '--transfers', url])
    assert.equal(code, 0, stderr)
  }
  const paths = new Set(asked.map(({ path }) => path))
  assert.ok(paths.has('/logs/es/_cluster/health') && paths.has('/logs/es/readyz'), [...paths].join(' '))
})

test('an address that only redirects is told as such, with where it leads', async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(301, { location: 'https://es.example/', 'content-type': 'text/html' }).end('<html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const env = { LOGCTL_ELASTICSEARCH: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const { code, stderr } = await runLogctl(['search', 'hello'], { env })
  assert.equal(code, 1)
  assert.match(stderr, /redirects to https:\/\/es\.example\//)
})
