import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'

/**
 * The address that this host uses towards `server` (`host:port`): what the kernel would send from. No packet is sent (connecting a
 * UDP socket only looks up the route). Where the server is this host itself, the first address that is not loopback.
 */
export async function localAddressTowards(server: string): Promise<string> {
  const separator = server.lastIndexOf(':')
  const host = server.slice(0, separator).replace(/^\[|\]$/g, '')
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(Number(server.slice(separator + 1)), host)
    await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) })
    const { address } = socket.address()
    return isLoopback(address) ? firstAddress() : address
  } catch {
    // The server's name cannot be resolved now; lines still need an address.
    return firstAddress()
  } finally {
    socket.close()
  }
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const outward = all.filter(({ internal }) => !internal)
  return (outward.find(({ family }) => family === 'IPv4') ?? outward[0])?.address ?? '127.0.0.1'
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
