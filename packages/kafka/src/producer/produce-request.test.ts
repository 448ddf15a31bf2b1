import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { Connection } from '@platformatic/kafka'
import { exchangeProduce } from './produce-request.ts'

/** A connection to a server that reads nothing, and the server's end of it. */
async function stalled(t: TestContext): Promise<{ connection: Connection; socket: Socket }> {
  const server = createServer({ pauseOnConnect: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const connection = new Connection('test', {})
  t.after(() => connection.socket.destroy())
  await connection.connect('127.0.0.1', (server.address() as { port: number }).port)
  const socket = await accepted
  t.after(() => socket.destroy())
  return { connection, socket }
}

/** More than the system's buffers between two sockets hold. */
const batch = { topic: 't', partition: 0, bytes: Buffer.alloc(32 * 1_048_576, 'b') }

test('with acks 0 a batch is the socket’s until it has left it: its memory must not be used again before', async (t) => {
  const { connection, socket } = await stalled(t)
  let isDone = false
  const sent = exchangeProduce(connection, [batch], 0, 30_000).then((outcomes) => {
    isDone = true
    return outcomes
  })
  while (connection.socket.writableLength === 0) await immediate()
  await immediate()
  assert.equal(isDone, false)
  socket.resume()
  assert.deepEqual(await sent, [])
  assert.equal(connection.socket.writableLength, 0)
})

test('with acks 0 a broker that reads nothing breaks the connection after the deadline', async (t) => {
  const { connection } = await stalled(t)
  await assert.rejects(exchangeProduce(connection, [batch], 0, 50))
  assert.ok(connection.socket.destroyed)
})
