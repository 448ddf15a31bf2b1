import { isIPv6 } from 'node:net'
import { z } from 'zod'

const hostPortPattern = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/?#[\]@,]+):(\d{1,5})$/

function isHostPort(text: string, lowestPort: number): boolean {
  const port = Number(hostPortPattern.exec(text)?.[1])
  return port >= lowestPort && port <= 65_535
}

/** `host:port` of a server. */
export const HostPort = z
  .string()
  .max(300)
  .refine((text) => isHostPort(text, 1), "must be 'host:port', for instance 127.0.0.1:9092, without a scheme")

/** `host:port` to listen on; port 0 takes a free one. */
export const ListenAddress = z
  .string()
  .max(300)
  .refine((text) => isHostPort(text, 0), "must be 'host:port', for instance 127.0.0.1:9600")

/** Address of an etcd member. The port is needed: gRPC has no port of its own. */
export const EtcdEndpoint = z
  .string()
  .max(300)
  .refine(
    (text) => isHostPort(text.replace(/^https?:\/\//, ''), 1) && /^https?:\/\//.test(text),
    'must be an address with scheme and port and nothing behind it, for instance http://127.0.0.1:2379',
  )

/** Address of a server that speaks HTTP. Names and passwords do not belong in it: addresses are logged. */
export const HttpUrl = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      context.addIssue('must be an address such as http://127.0.0.1:9200 or https://search.example:9200')
    } else if (url.username !== '' || url.password !== '') {
      context.addIssue('must not hold a user name or password; use the keys username and password')
    } else if (url.search !== '' || url.hash !== '') {
      context.addIssue("must not hold '?' or '#'")
    }
  })

/** An IP address as the system writes it, in one of the many ways in which an IPv6 address can be written: keys and comparisons go by that. */
export function canonicalIp(ip: string): string {
  const isPlain = isIPv6(ip) && !ip.includes('%')
  return isPlain ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip
}

/** An IP address; IPv6 in the one way in which the system writes it. */
export const IpAddress = z.union([z.ipv4(), z.ipv6()], { error: 'must be an IP address' }).transform(canonicalIp)
