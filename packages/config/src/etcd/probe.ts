import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { tlsProblem } from '@logpipe/runtime/tls-problem'
import type { EtcdOptions } from './client.ts'

const notTls = 'does not speak TLS on this port; use its TLS port, or write `http://`'

/** What a client of HTTP/2 says first; an answer to it means that the server took our certificate, too. */
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)])

/**
 * What is wrong with TLS at this endpoint, as what follows its address in a sentence; null where nothing is, or nobody answers within
 * `timeoutMs`. Asked after a failure, because gRPC often loses the reason.
 */
export async function probeTls(
  endpoint: string,
  { ca, cert, key, serverName }: NonNullable<EtcdOptions['tls']>,
  timeoutMs: number,
): Promise<string | null> {
  const { protocol, hostname, port } = new URL(endpoint)
  const host = hostname.replace(/^\[|\]$/g, '')
  const name = serverName ?? host
  const isPlain = protocol === 'http:'
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect({
    host,
    port: Number(port),
    ALPNProtocols: ['h2'],
    rejectUnauthorized: !isPlain,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
  let reached = false
  let secured = false
  socket.once('connect', () => (reached = true))
  const timer = setTimeout(() => resolve(null), timeoutMs)
  socket.once('secureConnect', () => {
    secured = true
    if (isPlain) resolve('speaks TLS on this port; write `https://`')
    else socket.write(preface)
  })
  socket.once('data', () => resolve(null))
  socket.on('error', (error) => {
    const known = tlsProblem(error, { withCertificate: cert !== undefined })
    if (!isPlain && known !== null) resolve(known.sentence)
  })
  // Who knows no TLS hangs up on it, with or without a reset.
  socket.once('close', () => resolve(!isPlain && reached && !secured ? notTls : null))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
