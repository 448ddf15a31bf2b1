import type { ClusterOptions } from '@logpipe/kafka'
import { type SecureKafka, type Certificates } from '@logpipe/testkit'

export interface Refusal {
  name: string
  at: string
  access: Pick<ClusterOptions, 'tls' | 'sasl'>
  code: 'kafka_rejected' | 'kafka_unavailable'
  says: RegExp
}

/** All that can be wrong with how one comes to a broker, and what must be said of it. */
export function kafkaRefusals(kafka: SecureKafka, ways: Certificates, password: string): Refusal[] {
  const scram = { mechanism: 'SCRAM-SHA-512', username: 'alice', password } as const
  const plain = { ...scram, mechanism: 'PLAIN' } as const
  return [
    {
      name: 'a wrong password (PLAIN)',
      at: kafka.sasl,
      access: { sasl: { ...plain, password: `${password}!` } },
      code: 'kafka_rejected',
      says: /does not let user alice \(PLAIN\) in; check `sasl.username`, `sasl.password`/,
    },
    {
      name: 'a wrong password (SCRAM)',
      at: kafka.saslTls,
      access: { tls: { ca: ways.ca }, sasl: { ...scram, password: `${password}!` } },
      code: 'kafka_rejected',
      says: /does not let user alice \(SCRAM-SHA-512\) in/,
    },
    {
      name: 'a user that the broker does not know',
      at: kafka.sasl,
      access: { sasl: { ...scram, username: 'nobody' } },
      code: 'kafka_rejected',
      says: /does not let user nobody/,
    },
    {
      name: 'a mechanism that the broker does not offer',
      at: kafka.reauth,
      access: { sasl: plain },
      code: 'kafka_rejected',
      says: /takes no PLAIN sign-in but SCRAM-SHA-512; change `sasl.mechanism`/,
    },
    {
      name: 'a sign-in where none is taken',
      at: kafka.plain,
      access: { sasl: plain },
      code: 'kafka_rejected',
      says: /takes no sign-in on this port/,
    },
    {
      name: 'no sign-in where one is wanted',
      at: kafka.sasl,
      access: {},
      code: 'kafka_unavailable',
      says: /may want TLS \(`tls`\) or a sign-in \(`sasl`\)/,
    },
    {
      name: 'an authority that we do not know',
      at: kafka.saslTls,
      access: { tls: { ca: ways.strangeCa }, sasl: scram },
      code: 'kafka_unavailable',
      says: /nobody we trust has signed; let `ca` name/,
    },
    {
      name: 'a certificate that has expired',
      at: kafka.expiredTls,
      access: { tls: { ca: ways.ca }, sasl: scram },
      code: 'kafka_unavailable',
      says: /shows a certificate that has expired; renew it/,
    },
    {
      name: 'a certificate for another host',
      at: kafka.saslTls.replace('127.0.0.1', 'localhost'),
      access: { tls: { ca: ways.ca }, sasl: scram },
      code: 'kafka_unavailable',
      says: /localhost:\d+ shows a certificate for another name/,
    },
    {
      name: 'no client certificate',
      at: kafka.tls,
      access: { tls: { ca: ways.ca } },
      code: 'kafka_unavailable',
      says: /asks for a certificate of ours; let `cert` and `key`/,
    },
    {
      name: 'a client certificate of an authority that the broker does not know',
      at: kafka.tls,
      access: { tls: { ca: ways.ca, cert: ways.strangeClient.cert, key: ways.strangeClient.key } },
      code: 'kafka_unavailable',
      says: /refuses our certificate; check that `cert`/,
    },
    {
      name: 'a client certificate that has expired',
      at: kafka.tls,
      access: { tls: { ca: ways.ca, cert: ways.expiredClient.cert, key: ways.expiredClient.key } },
      code: 'kafka_unavailable',
      says: /refuses our certificate; check that `cert` is in date/,
    },
    {
      name: 'no TLS on a TLS port',
      at: kafka.tls,
      access: {},
      code: 'kafka_unavailable',
      says: /speaks TLS on this port; set `tls`/,
    },
    {
      name: 'a sign-in without TLS on a TLS port',
      at: kafka.saslTls,
      access: { sasl: scram },
      code: 'kafka_unavailable',
      says: /may want TLS \(`tls`\)/,
    },
    {
      name: 'TLS on a port without it',
      at: kafka.plain,
      access: { tls: { ca: ways.ca } },
      code: 'kafka_unavailable',
      says: /does not speak TLS on this port/,
    },
  ]
}
