import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { LogpipeError } from '@logpipe/runtime'

// Below the range from which Linux takes the local ports of outgoing connections (32,768 on), so that a server which is killed
// and started again finds its port free.
const firstPort = 20_000
const lastPort = 32_000
const attempts = 100

/** A port of 127.0.0.1 that nobody listens on now. Another program may take it before you do; the window is small. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstPort, lastPort)
    if (await isFree(port)) return port
  }
  throw new LogpipeError('port_taken', `No port between ${firstPort} and ${lastPort} is free on 127.0.0.1.`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
