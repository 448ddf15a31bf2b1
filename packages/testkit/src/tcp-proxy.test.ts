import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { closeAfter } from './closing.ts'
import { TcpProxy } from './tcp-proxy.ts'
import { waitFor } from './wait-for.ts'

/** A server that sends back what it gets, behind a proxy. */
async function echoBehindProxy(t: TestContext): Promise<TcpProxy> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closeAfter(t, () => void server.close())
  return TcpProxy.start(t, `127.0.0.1:${(server.address() as AddressInfo).port}`)
}

interface Client {
  socket: Socket
  received(): string
  gone(): string | undefined
}

async function client(t: TestContext, proxy: TcpProxy): Promise<Client> {
  const socket = connect(Number(proxy.address.split(':')[1]), '127.0.0.1')
  let received = ''
  let gone: string | undefined
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('error', (error: NodeJS.ErrnoException) => (gone = error.code))
  socket.on('close', () => (gone ??= 'closed'))
  closeAfter(t, () => void socket.destroy())
  await once(socket, 'connect')
  return { socket, received: () => received, gone: () => gone }
}

/** For “nothing arrives”: longer than a loopback round trip by far. */
function quietTime(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60))
}

test('bytes pass both ways, and an end is passed on', async (t) => {
  const { socket, received, gone } = await client(t, await echoBehindProxy(t))
  socket.end('hello')
  await waitFor(() => gone(), { what: 'the end of the connection' })
  assert.equal(received(), 'hello')
  assert.equal(gone(), 'closed')
})

test('a reset while an end is passed on leaves no socket open', async (t) => {
  const proxy = await echoBehindProxy(t)
  // The proxy's own socket, listened to behind the proxy: it has just begun to pass the end on.
  const resetAtEnd = (message: unknown): void =>
    void (message as { socket: Socket }).socket.on('end', () => proxy.reset())
  subscribe('net.server.socket', resetAtEnd)
  closeAfter(t, () => void unsubscribe('net.server.socket', resetAtEnd))
  const { socket, received } = await client(t, proxy)
  socket.write('hello')
  await waitFor(() => received() === 'hello', { what: 'the connection to stand on both sides' })
  socket.end()
  const open = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  await waitFor(() => proxy.connections === 0 && open() === 0, { what: 'all sockets of the connection to be closed' })
})

test('a suspended direction holds bytes back and loses none', async (t) => {
  const proxy = await echoBehindProxy(t)
  const { socket, received } = await client(t, proxy)
  for (const direction of ['toServer', 'toClient', 'both'] as const) {
    const before = received()
    proxy.suspend(direction)
    socket.write(`${direction} `)
    await quietTime()
    assert.equal(received(), before)
    proxy.resume(direction)
    await waitFor(() => received() === `${before}${direction} `, { what: `the bytes held ${direction}` })
  }
})

test('a suspended direction holds a bounded number of bytes: the sender feels it', async (t) => {
  const proxy = await echoBehindProxy(t)
  const { socket, received } = await client(t, proxy)
  proxy.suspend('toServer')
  const bytes = 32 << 20
  socket.write(Buffer.alloc(bytes, 'x'))
  await quietTime()
  assert.ok(socket.writableLength > bytes / 2, `${socket.writableLength} bytes still at the sender`)
  proxy.resume()
  await waitFor(() => received().length === bytes, { what: '32 MiB to come back' })
})

test('a black hole swallows bytes, ends and new connections; healing resets what lost bytes', async (t) => {
  const proxy = await echoBehindProxy(t)
  const old = await client(t, proxy)
  proxy.blackHole()
  old.socket.write('lost')
  const fresh = await client(t, proxy)
  fresh.socket.write('lost too')
  const ended = await client(t, proxy)
  ended.socket.end()
  await quietTime()
  for (const { received, gone } of [old, fresh, ended]) {
    assert.equal(received(), '')
    assert.equal(gone(), undefined)
  }
  await proxy.heal()
  for (const { gone } of [old, fresh, ended]) await waitFor(() => gone() === 'ECONNRESET', { what: 'the reset' })
  const { socket, received } = await client(t, proxy)
  socket.write('again')
  await waitFor(() => received() === 'again', { what: 'the echo after healing' })
})

test('stranded connections are half-open: nothing passes on them, no end either; new ones are well; healing resets them', async (t) => {
  const proxy = await echoBehindProxy(t)
  const old = await client(t, proxy)
  const ended = await client(t, proxy)
  old.socket.write('before')
  await waitFor(() => old.received() === 'before', { what: 'the echo' })
  proxy.strand()
  old.socket.write('lost')
  ended.socket.end()
  const { socket, received } = await client(t, proxy)
  socket.write('fresh')
  await waitFor(() => received() === 'fresh', { what: 'the echo on a new connection' })
  await quietTime()
  assert.deepEqual([old.received(), old.gone(), ended.gone()], ['before', undefined, undefined])
  await proxy.heal()
  for (const { gone } of [old, ended]) await waitFor(() => gone() === 'ECONNRESET', { what: 'the reset' })
  assert.equal(received(), 'fresh')
})

test('reset resets every connection and takes new ones', async (t) => {
  const proxy = await echoBehindProxy(t)
  const clients = [await client(t, proxy), await client(t, proxy)]
  await waitFor(() => proxy.connections === 2, { what: 'two connections' })
  proxy.reset()
  for (const { gone } of clients) await waitFor(() => gone() === 'ECONNRESET', { what: 'the reset' })
  await waitFor(() => proxy.connections === 0, { what: 'no connection' })
  const { socket, received } = await client(t, proxy)
  socket.write('again')
  await waitFor(() => received() === 'again', { what: 'the echo after the reset' })
})

test('refuse refuses, accept takes connections on the same port again', async (t) => {
  const proxy = await echoBehindProxy(t)
  const old = await client(t, proxy)
  await proxy.refuse()
  await waitFor(() => old.gone() === 'ECONNRESET', { what: 'the reset' })
  await assert.rejects(client(t, proxy), { code: 'ECONNREFUSED' })
  await proxy.accept()
  const { socket, received } = await client(t, proxy)
  socket.write('again')
  await waitFor(() => received() === 'again', { what: 'the echo' })
})

test('a server that is away resets the client', async (t) => {
  const proxy = await TcpProxy.start(t, '127.0.0.1:1')
  const { gone } = await client(t, proxy)
  await waitFor(() => gone() === 'ECONNRESET', { what: 'the reset' })
})

test('latency delays each way, bandwidth bounds the rate', async (t) => {
  const proxy = await echoBehindProxy(t)
  const { socket, received } = await client(t, proxy)
  proxy.setLatency(40)
  let started = performance.now()
  socket.write('late')
  await waitFor(() => received() === 'late', { what: 'the late echo', everyMs: 2 })
  assert.ok(performance.now() - started >= 79)
  proxy.setLatency(0)
  proxy.setBandwidth(100_000)
  started = performance.now()
  socket.write(Buffer.alloc(20_000, 'x'))
  await waitFor(() => received().length === 20_004, { what: 'the slow echo', everyMs: 2 })
  assert.ok(performance.now() - started >= 179)
})
