import { rootCertificates } from 'node:tls'
import { Etcd3, type IOptions } from 'etcd3'
import type { Logger } from '@logpipe/runtime'
import type { CertificateTexts } from '@logpipe/runtime/certificates'
import type { Interceptor, SignIn } from './sign-in.ts'

export interface EtcdOptions {
  endpoints: readonly string[]
  username?: string
  password?: string
  /** Paths of PEM files, which are read again when they change, or PEM texts. */
  tls?: { ca?: string; cert?: string; key?: string; serverName?: string }
  /** Deadline of one request, milliseconds. Default 5,000. */
  requestTimeoutMs?: number
  /** Told of certificates that were changed. */
  log?: Pick<Logger, 'info' | 'warn'>
}

export const defaultRequestTimeoutMs = 5_000

/** Makes the library's client of one member, with deadlines and keep-alives and without its own retries and its own sign-in. */
export function createClient(
  endpoint: string,
  options: EtcdOptions,
  certificates: CertificateTexts | undefined,
  signIn: SignIn,
): Etcd3 {
  const timeoutMs = options.requestTimeoutMs ?? defaultRequestTimeoutMs
  return new Etcd3({
    hosts: endpoint,
    ...(certificates === undefined ? {} : { credentials: credentialsOf(certificates) }),
    dialTimeout: timeoutMs,
    defaultCallOptions: ({ isStream, service }) => ({
      interceptors: service === 'Watch' ? [signIn.interceptor, requireLeader] : [signIn.interceptor],
      ...(isStream ? {} : { deadline: Date.now() + timeoutMs }),
    }),
    grpcOptions: {
      // A connection that died without a word is found out within 15 s; etcd allows a ping every 5 s.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
      // After an outage a quiet channel would wait up to two minutes before it dials again.
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.max_receive_message_length': -1,
      ...(options.tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': options.tls.serverName }),
    },
    // The library would send a compare-and-swap again when its answer was lost, and then report its own write as a conflict.
    faultHandling: { host: () => noPolicy, global: noPolicy },
  })
}

/**
 * Lets etcd end a watch on a member that has lost its leader. Without it the watch of a member that is cut off from the others stays open, in
 * silence, while they go on. Calls that are answered once are not asked so: they wait out an election within their deadline.
 */
const requireLeader: Interceptor = (options, nextCall) => {
  const call = nextCall(options)
  const start = call.start.bind(call)
  call.start = (metadata, listener) => {
    metadata.set('hasleader', 'true')
    start(metadata, listener)
  }
  // Called by its interface alone; the type asks for gRPC's own class, which is not ours to import.
  return call as ReturnType<Interceptor>
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

function credentialsOf({ ca, cert, key }: CertificateTexts): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate: Buffer.from(ca ?? rootCertificates.join('\n')),
    ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
    ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
  }
}
