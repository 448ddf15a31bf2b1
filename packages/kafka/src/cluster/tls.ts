import { isIP } from 'node:net'

/** The name to ask for and to find in the certificate. IP addresses are not asked for (RFC 6066); they are looked up by themselves. */
export function serverNameOf(host: string): { tlsServerName?: string } {
  return isIP(host) === 0 ? { tlsServerName: host } : {}
}
