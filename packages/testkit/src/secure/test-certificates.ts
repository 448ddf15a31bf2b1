import type { Identity } from '@logpipe/stack'
import { CertificateAuthority } from './certificates.ts'

/** The certificates of a test: ours, and those that must not be taken. PEM. */
export interface Certificates {
  /** Of the authority that the servers and we trust. */
  ca: string
  /** Of an authority that nobody trusts. */
  strangeCa: string
  /** Of the server, for 127.0.0.1 and `serverName`; not for localhost, by which the tests reach it under a name that is not in it. */
  identity: Identity
  /** As that, and over. */
  expired: Identity
  client: Identity
  expiredClient: Identity
  strangeClient: Identity
}

/** A name in the servers' certificates that no resolver knows. */
export const serverName = 'servers.test'

/** Makes all of them. */
export async function makeCertificates(): Promise<Certificates> {
  const [authority, stranger] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create('other')])
  const names = ['127.0.0.1', serverName]
  const [identity, expired, client, expiredClient, strangeClient] = await Promise.all([
    authority.issue({ commonName: 'server', names }),
    authority.issue({ commonName: 'server', names, expired: true }),
    authority.issue({ commonName: 'agent' }),
    authority.issue({ commonName: 'agent', expired: true }),
    stranger.issue({ commonName: 'agent' }),
  ])
  return { ca: authority.ca, strangeCa: stranger.ca, identity, expired, client, expiredClient, strangeClient }
}
