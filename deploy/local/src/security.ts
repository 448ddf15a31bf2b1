import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A certificate, its key and whom its owner trusts: PEM texts. */
export interface Identity {
  cert: string
  key: string
  ca: string
}

/** A user name and its password. */
export interface Account {
  name: string
  password: string
}

/** A further listener of the one broker, beside the plain one. */
export interface SecureListener {
  /** `A-Z` and `_`; unique. */
  name: string
  port: number
  /** SSL alone asks clients for a certificate. */
  protocol: 'SASL_PLAINTEXT' | 'SASL_SSL' | 'SSL'
  /** In place of the broker's own. */
  identity?: Identity
  /** For SASL; all three by default. */
  mechanisms?: readonly ('PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512')[]
  /** Connections that do not sign in again within this time are closed. */
  reauthMs?: number
}

/**
 * Kafka with users and certificates, for tests of how clients sign in. Who comes by the plain listener may do everything; for the
 * others Kafka's authorizer looks at the ACLs, and allows what none is about.
 */
export interface KafkaSecurity {
  identity: Identity
  /** By PLAIN and by SCRAM. */
  accounts: readonly Account[]
  listeners: readonly SecureListener[]
}

/** etcd behind TLS that asks clients for a certificate. Users are made by whoever starts it. */
export interface EtcdSecurity {
  identity: Identity
  /** Port of /health without TLS. */
  healthPort: number
}

export interface StackSecurity {
  kafka?: KafkaSecurity
  etcd?: EtcdSecurity
}

/** Writes the PEM files of an identity into `folder`, readable by us alone, and returns their paths. */
export async function writeIdentity(
  folder: string,
  { cert, key, ca }: Identity,
): Promise<{ cert: string; key: string; ca: string; keyAndCert: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  return {
    cert: await write('cert.pem', cert),
    key: await write('key.pem', key),
    ca: await write('ca.pem', ca),
    keyAndCert: await write('key-and-cert.pem', `${key}${cert}`),
  }
}
