import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Connection, Writer } from '@platformatic/kafka'
import { GatheredWrites } from './gather.ts'

/** What a server has received, once it is `length` bytes. */
async function received(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= length) break
  }
  return Buffer.concat(chunks)
}

test('inserts go where they were announced, and the length of the request counts them', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const connection = new Connection('test', {})
  t.after(() => connection.socket.destroy())
  await connection.connect('127.0.0.1', (server.address() as { port: number }).port)
  const gathered = GatheredWrites.of(connection)
  assert.equal(GatheredWrites.of(connection), gathered, 'a connection is prepared once')

  const send = (apiKey: number, text: string, ...inserts: { tailLength: number; bytes: Buffer }[]): void => {
    connection.send(
      apiKey,
      0,
      () => {
        const writer = Writer.create().append(Buffer.from(text))
        if (apiKey === 0) gathered.announce(inserts)
        writer.context['noResponse'] = true
        return writer
      },
      () => undefined,
      false,
      false,
      () => {},
    )
  }
  const big = Buffer.alloc(300_000, 'b')
  send(0, 'one--three', { tailLength: 6, bytes: Buffer.from('[2]') }, { tailLength: 0, bytes: big })
  send(3, 'no produce request')
  send(0, 'last', { tailLength: 4, bytes: Buffer.from('not ') })

  const header = 4 + 2 + 2 + 4 + 2 + 4
  const sizes = [header + 10 + 3 + big.length, header + 18, header + 8]
  const bytes = await received(
    await accepted,
    sizes.reduce((a, b) => a + b),
  )
  const texts: string[] = []
  let at = 0
  for (const size of sizes) {
    assert.equal(bytes.readInt32BE(at), size - 4)
    texts.push(bytes.toString('latin1', at + header, at + size))
    at += size
  }
  assert.deepEqual(texts, [`one-[2]-three${big.toString()}`, 'no produce request', 'not last'])
})
