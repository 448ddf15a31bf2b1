import { z } from 'zod'
import { EtcdEndpoint } from './address.ts'
import { holds } from './holds.ts'
import { StrictTls } from './kafka.ts'

/** How to reach etcd: the section that agent and transfer share. */
export const EtcdConnection = z
  .strictObject({
    endpoints: z
      .array(EtcdEndpoint)
      .min(1)
      .max(20)
      .describe('Addresses of etcd, `http://host:port` or `https://host:port`.'),
    prefix: z
      .string()
      .regex(/^(\/[A-Za-z0-9._-]+)+$/, { error: "must look like '/logpipe': start with / and not end with it" })
      .max(200)
      .default('/logpipe')
      .describe('Where all keys of logpipe start.'),
    username: z.string().min(1).exactOptional().describe('User name.'),
    password: z.string().min(1).exactOptional().describe('Password; never logged.'),
    tls: StrictTls.exactOptional().describe('Certificates; for `https://` endpoints.'),
    leaseMs: z
      .int()
      .min(2_000)
      .max(600_000)
      .default(30_000)
      .describe('After so long without a sign of life this process counts as gone.'),
  })
  .refine(({ endpoints }) => new Set(endpoints.map((endpoint) => endpoint.startsWith('https:'))).size === 1, {
    path: ['endpoints'],
    error: 'must be all http:// or all https://',
    when: holds({ endpoints: z.array(EtcdEndpoint).min(1) }),
  })
  .refine(({ endpoints, tls }) => tls === undefined || endpoints.every((endpoint) => endpoint.startsWith('https:')), {
    path: ['tls'],
    error: 'is set, but the endpoints are http://, that is not encrypted; make them https://',
    when: holds({ endpoints: z.array(EtcdEndpoint) }),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ['password'],
    error: 'and username go together; one of them is missing',
    when: holds({}),
  })
