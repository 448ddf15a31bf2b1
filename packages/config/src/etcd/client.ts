import { rootCertificates } from 'node:tls'
import { Etcd3, type IOptions } from 'etcd3'

export interface EtcdOptions {
  endpoints: readonly string[]
  username?: string
  password?: string
  /** PEM texts. */
  tls?: { ca?: string; cert?: string; key?: string }
  /** Deadline of one request, milliseconds. Default 5,000. */
  requestTimeoutMs?: number
}

export const defaultRequestTimeoutMs = 5_000

/** Makes the library's client of one member, with deadlines and keep-alives and without its own retries. */
export function createClient(endpoint: string, options: Omit<EtcdOptions, 'endpoints'>): Etcd3 {
  const { username, password, tls } = options
  const timeoutMs = options.requestTimeoutMs ?? defaultRequestTimeoutMs
  return new Etcd3({
    hosts: endpoint,
    ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
    ...(tls === undefined ? {} : { credentials: credentialsOf(tls) }),
    dialTimeout: timeoutMs,
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
    grpcOptions: {
      // A connection that died without a word is found out within 15 s; etcd allows a ping every 5 s.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
      // After an outage a quiet channel would wait up to two minutes before it dials again.
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.max_receive_message_length': -1,
    },
    // The library would send a compare-and-swap again when its answer was lost, and then report its own write as a conflict.
    faultHandling: { host: () => noPolicy, global: noPolicy },
  })
}

type FaultPolicy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>

const never = new AbortController().signal
const noEvent = (): { dispose(): void } => ({ dispose() {} })

const noPolicy: FaultPolicy = {
  _altReturn: undefined as never,
  onSuccess: noEvent,
  onFailure: noEvent,
  execute: async (run, signal) => run({ signal: signal ?? never }),
}

function credentialsOf(tls: NonNullable<EtcdOptions['tls']>): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate: Buffer.from(tls.ca ?? rootCertificates.join('\n')),
    ...(tls.key === undefined ? {} : { privateKey: Buffer.from(tls.key) }),
    ...(tls.cert === undefined ? {} : { certChain: Buffer.from(tls.cert) }),
  }
}
