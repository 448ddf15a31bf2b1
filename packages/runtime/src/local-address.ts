import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

/** A resolver of names that does not answer is waited for so long. */
const resolveMs = 5_000

/**
 * The address that this host uses towards the first of `servers` (`host:port`) to which there is a way: what the kernel would send from. No packet is
 * sent (connecting a UDP socket only looks up the route). Where that server is this host itself, `anyAddress`. Null where no name can be resolved, or
 * there is no route: the network is not up yet.
 */
export async function localAddressTowards(servers: readonly string[]): Promise<string | null> {
  const asked = servers.map((server) => addressTowards(server))
  for (const address of asked) {
    const found = await address
    if (found !== null) return found
  }
  return null
}

/** The first address of this host that is not loopback; loopback where it has no other. */
export function anyAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const outward = all.filter(({ internal }) => !internal)
  return (outward.find(({ family }) => family === 'IPv4') ?? outward[0])?.address ?? '127.0.0.1'
}

/** Never rejects. */
async function addressTowards(server: string): Promise<string | null> {
  const separator = server.lastIndexOf(':')
  const host = server.slice(0, separator).replace(/^\[|\]$/g, '')
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(Number(server.slice(separator + 1)), host)
    await once(socket, 'connect', { signal: AbortSignal.timeout(resolveMs) })
    const { address } = socket.address()
    return isLoopback(address) ? anyAddress() : address
  } catch {
    return null
  } finally {
    socket.close()
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
