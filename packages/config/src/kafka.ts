import { z } from 'zod'
import { HostPort } from './address.ts'
import { pathFault } from './file-path.ts'
import { holds } from './holds.ts'

/** PEM text itself, or the absolute path of a file that holds it, which is read again when it changes (runtime's `Certificates`). */
export const Pem = z
  .string()
  .refine((text) => /^\s*-----BEGIN /.test(text) || pathFault(text) === null, {
    error: 'must be the absolute path of a PEM file, or PEM text',
  })
  .meta({ format: 'pem' })

const certificates = {
  ca: Pem.exactOptional().describe("Certificates to trust (PEM file). Default: those of Node's own list."),
  cert: Pem.exactOptional().describe('Our certificate (PEM file), where the server asks for one.'),
  key: Pem.exactOptional().describe('Private key of our certificate (PEM file), without a passphrase.'),
  serverName: z
    .string()
    .min(1)
    .max(253)
    .exactOptional()
    .describe("The name in the server's certificate, where the server is reached by another one."),
}

const pair = {
  path: ['key'],
  error: 'and cert go together; one of them is missing',
  when: holds({}),
}

/** Certificates for TLS with a server that must prove who it is. */
export const StrictTls = z
  .strictObject(certificates)
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), pair)

export const Tls = z
  .strictObject({
    ...certificates,
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .describe('`false` accepts any certificate: for trials only, it lets anyone in between read along.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), pair)

export const Sasl = z.strictObject({
  mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).describe('How to sign in.'),
  username: z.string().min(1).describe('User name.'),
  password: z.string().min(1).describe('Password; never logged.'),
})

/** How to reach Kafka: the keys that agent and transfer share. */
export const kafkaConnection = {
  brokers: z.array(HostPort).min(1).max(100).describe('`host:port` of some brokers; the others are learnt from them.'),
  tls: Tls.exactOptional().describe('Encrypts the connections; `{}` is enough where the certificates are public.'),
  sasl: Sasl.exactOptional().describe('Signs in to Kafka.'),
}
