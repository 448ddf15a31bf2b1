import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type SecureContext, createSecureContext } from 'node:tls'
import { LogpipeError } from '@logpipe/runtime'
import type { ClusterOptions } from '../types.ts'

/** What each connection needs for TLS: the certificates are read once, not for every connection. */
export interface TlsParts {
  secureContext: SecureContext
  rejectUnauthorized: boolean
  /** In place of the brokers' own names. */
  serverName: string | null
}

/** Throws `settings_invalid` where a certificate or key cannot be used. */
export function tlsParts(tls: NonNullable<ClusterOptions['tls']>): TlsParts {
  const { ca, cert, key, serverName = null, rejectUnauthorized = true } = tls
  try {
    // What holds no certificate would be passed over, and nobody be trusted.
    if (ca !== undefined) new X509Certificate(ca)
    const secureContext = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    })
    return { secureContext, rejectUnauthorized, serverName }
  } catch (cause) {
    const message = 'The certificates or the key for Kafka (`tls.ca`, `tls.cert`, `tls.key`) cannot be used.'
    throw new LogpipeError('settings_invalid', message, { cause })
  }
}

/** The name to ask for and to find in the certificate. IP addresses are not asked for (RFC 6066); they are looked up by themselves. */
export function serverNameOf(host: string): { tlsServerName?: string } {
  return isIP(host) === 0 ? { tlsServerName: host } : {}
}
