import { createServer } from 'node:net'
import { LogpipeError } from '@logpipe/runtime'

// Below the range the kernel takes for outgoing connections, so that a port stays free while its server is down for a moment.
const lowest = 20_000
const highest = 31_999
const tries = 200
/** How far apart two processes begin that were started one after the other. */
const perProcess = 97
let turn = 0

/** Ports by turns, from a place of this process's own: what one was given and does not listen on yet, another one is not given. */
function nextPort(): number {
  return lowest + ((process.pid * perProcess + turn++) % (highest - lowest + 1))
}

/** `count` different ports on loopback that nobody listens on now. Rejects with `port_taken` where none can be found. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let i = 0; i < tries && ports.size < count; i++) {
    const port = nextPort()
    if (await isPortFree(port)) ports.add(port)
  }
  if (ports.size < count) {
    throw new LogpipeError(
      'port_taken',
      `No ${count} free ports were found on 127.0.0.1 between ${lowest} and ${highest}.`,
    )
  }
  return [...ports]
}

/** Whether a server could listen on this port of loopback now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
