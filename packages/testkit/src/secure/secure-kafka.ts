import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Account,
  freePorts,
  type Identity,
  type SecureListener,
  type ServerHandle,
  startStack,
} from '@logpipe/stack'
import { closeAfter, type Scope } from '../closing.ts'

/** One broker, reachable in every way in which clients sign in. */
export interface SecureKafka {
  readonly server: ServerHandle
  /** `host:port` by which everyone may do everything, for tests to look and to set up. */
  readonly plain: string
  /** User name and password, not encrypted. */
  readonly sasl: string
  /** User name and password over TLS. */
  readonly saslTls: string
  /** TLS with a client certificate; its user is `CN=…`. */
  readonly tls: string
  /** As `saslTls`, with the certificate of `expired`. */
  readonly expiredTls: string
  /** SCRAM-SHA-512 only, not encrypted; every `reauthMs` one must sign in again. */
  readonly reauth: string
}

export interface SecureKafkaOptions {
  identity: Identity
  expired: Identity
  accounts: readonly Account[]
  reauthMs?: number
}

/** Starts a real broker with users, certificates and ACLs, for this scope alone. What no ACL is about is allowed. */
export async function startSecureKafka(scope: Scope, options: SecureKafkaOptions): Promise<SecureKafka> {
  const { identity, expired, accounts, reauthMs = 2_000 } = options
  const [saslPort = 0, saslTlsPort = 0, tlsPort = 0, expiredPort = 0, reauthPort = 0] = await freePorts(5)
  const listeners: SecureListener[] = [
    { name: 'SASL', port: saslPort, protocol: 'SASL_PLAINTEXT' },
    { name: 'SASL_TLS', port: saslTlsPort, protocol: 'SASL_SSL' },
    { name: 'TLS', port: tlsPort, protocol: 'SSL' },
    { name: 'EXPIRED', port: expiredPort, protocol: 'SASL_SSL', identity: expired },
    { name: 'REAUTH', port: reauthPort, protocol: 'SASL_PLAINTEXT', mechanisms: ['SCRAM-SHA-512'], reauthMs },
  ]
  const dir = mkdtempSync(join(tmpdir(), 'logpipe-secure-'))
  closeAfter(scope, () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  const security = { kafka: { identity, accounts, listeners } }
  const stack = await startStack({
    dir,
    services: ['kafka'],
    security,
    ports: 'free',
    graceMs: 0,
    heap: { kafka: '256m' },
  })
  closeAfter(scope, () => stack.stop())
  const at = (port: number): string => `127.0.0.1:${port}`
  return {
    server: stack.kafka[0] as ServerHandle,
    plain: stack.addresses.kafka.brokers[0] as string,
    sasl: at(saslPort),
    saslTls: at(saslTlsPort),
    tls: at(tlsPort),
    expiredTls: at(expiredPort),
    reauth: at(reauthPort),
  }
}
