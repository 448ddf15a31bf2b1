import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { type Account, type KafkaSecurity, type SecureListener, writeIdentity } from './security.ts'

const allMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const modules = 'org.apache.kafka.common.security'

/** What a secured broker adds to its properties and to the format of its storage. */
export interface SecurityParts {
  /** Further listeners: `NAME://127.0.0.1:port`. */
  listeners: string[]
  /** Their protocols: `NAME:PROTOCOL`. */
  protocols: string[]
  properties: string
  formatArgs: string[]
}

export const plainParts: SecurityParts = { listeners: [], protocols: [], properties: '', formatArgs: [] }

/** Writes the broker's certificate files into `folder` and says what else it needs. */
export async function securityParts(security: KafkaSecurity, folder: string): Promise<SecurityParts> {
  const { identity, accounts, listeners } = security
  for (const { name, password } of accounts) {
    if (/^\w+$/.test(name) && /^[\w.-]+$/.test(password)) continue
    throw new LogpipeError(
      'settings_invalid',
      `Kafka's account ${name}: only letters, digits, _ (and . - in passwords).`,
    )
  }
  const files = await writeIdentity(folder, identity)
  const own = await Promise.all(listeners.map((listener) => ownKeystore(listener, folder)))
  return {
    listeners: listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`),
    protocols: listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    properties: `authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
ssl.keystore.type=PEM
ssl.keystore.location=${files.keyAndCert}
ssl.truststore.type=PEM
ssl.truststore.location=${files.ca}
${[...listeners.map((listener) => listenerProperties(listener, accounts)), ...own.flat()].join('\n')}
`,
    formatArgs: accounts.flatMap(({ name, password }) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${name},password=${password}]`,
      ]),
    ),
  }
}

async function ownKeystore({ name, identity }: SecureListener, folder: string): Promise<string[]> {
  if (identity === undefined) return []
  const { keyAndCert } = await writeIdentity(join(folder, name), identity)
  return ['type=PEM', `location=${keyAndCert}`].map(
    (each) => `listener.name.${name.toLowerCase()}.ssl.keystore.${each}`,
  )
}

function listenerProperties(
  { name, protocol, mechanisms = allMechanisms, reauthMs }: SecureListener,
  accounts: readonly Account[],
): string {
  const prefix = `listener.name.${name.toLowerCase()}`
  if (protocol === 'SSL') return `${prefix}.ssl.client.auth=required`
  const users = accounts.map(({ name: user, password }) => ` user_${user}="${password}"`).join('')
  const jaas = (mechanism: string): string =>
    mechanism === 'PLAIN'
      ? `${modules}.plain.PlainLoginModule required${users};`
      : `${modules}.scram.ScramLoginModule required;`
  return [
    `${prefix}.sasl.enabled.mechanisms=${mechanisms.join(',')}`,
    ...mechanisms.map((mechanism) => `${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config=${jaas(mechanism)}`),
    ...(reauthMs === undefined ? [] : [`${prefix}.connections.max.reauth.ms=${reauthMs}`]),
  ].join('\n')
}
