import { createServer, type ListenOptions } from 'node:net'
import { LogpipeError } from '@logpipe/runtime'

// Below the range the kernel takes for outgoing connections, so that a port stays free while its server is down for a moment.
const lowest = 20_000
const highest = 31_999
const tries = 400
/** How far apart two processes begin to look that were started one after the other. */
const perProcess = 97
let turn = 0

function nextPort(): number {
  return lowest + ((process.pid * perProcess + turn++) % (highest - lowest + 1))
}

/**
 * `count` different ports on loopback that nobody listens on now, and that no process on this host is given again as long as this one
 * lives. Rejects with `port_taken` where none can be found.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let i = 0; i < tries && ports.length < count; i++) {
    const port = nextPort()
    if ((await isPortFree(port)) && (await reserve(port))) ports.push(port)
  }
  if (ports.length < count) {
    throw new LogpipeError(
      'port_taken',
      `No ${count} free ports were found on 127.0.0.1 between ${lowest} and ${highest}.`,
    )
  }
  return ports
}

/** Whether a server could listen on this port of loopback now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: '127.0.0.1', exclusive: true })
  if (server === null) return false
  await new Promise((resolve) => server.close(resolve))
  return true
}

/** Takes a name that one process at a time can hold, and that the kernel frees when the process ends, however it ends. */
async function reserve(port: number): Promise<boolean> {
  const server = await listen({ path: `\0logpipe-port-${port}`, exclusive: true })
  server?.unref()
  return server !== null
}

function listen(options: ListenOptions): Promise<ReturnType<typeof createServer> | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(options, () => resolve(server))
  })
}
