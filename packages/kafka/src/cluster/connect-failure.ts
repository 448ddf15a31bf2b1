import { LogpipeError, causesOf, isLogpipeError, tlsProblem } from '@logpipe/runtime'
import { fromClient } from '../errors.ts'
import type { ClusterOptions } from '../types.ts'
import type { BrokerAddress } from './connections.ts'

/**
 * Why there is no connection to a broker that it would talk on, in a sentence with what to do. All of it is worth another try: accounts
 * are made, passwords mended and certificates renewed while clients wait. `kafka_rejected` where the broker refuses to let us in.
 */
export function connectFailure(
  error: unknown,
  broker: BrokerAddress,
  options: Pick<ClusterOptions, 'tls' | 'sasl'>,
): LogpipeError {
  if (isLogpipeError(error)) return error
  const at = `${broker.host}:${broker.port}`
  const rejected = (sentence: string): LogpipeError =>
    new LogpipeError('kafka_rejected', sentence, { retriable: true, cause: error })
  const unavailable = (sentence: string, cause = error): LogpipeError =>
    new LogpipeError('kafka_unavailable', sentence, { retriable: true, cause })
  const { sasl, tls } = options

  const answer = protocolAnswer(error)
  if (answer?.name === 'SASL_AUTHENTICATION_FAILED') return rejected(refused(at, options))
  if (answer?.name === 'UNSUPPORTED_SASL_MECHANISM') {
    const offered = answer.mechanisms.length > 0 ? ` but ${answer.mechanisms.join(', ')}` : ''
    return rejected(`Broker ${at} takes no ${sasl?.mechanism ?? 'such'} sign-in${offered}; change \`sasl.mechanism\`.`)
  }
  if (answer?.name === 'ILLEGAL_SASL_STATE') {
    return rejected(`Broker ${at} takes no sign-in on this port; use the port that does, or do without \`sasl\`.`)
  }
  if (isAuthentication(error) && !isClosed(error)) return rejected(refused(at, options))

  const problem = tlsProblem(error, { withCertificate: tls?.cert !== undefined })
  if (problem !== null) return unavailable(`Broker ${at} ${problem.sentence}.`, new Error(problem.reason))
  if (wantsTls(error))
    return unavailable(`Broker ${at} speaks TLS on this port; set \`tls\`, or use its port without TLS.`)
  if (isClosed(error)) {
    const wants = [
      ...(tls === undefined ? ['TLS (`tls`)'] : tls.cert === undefined ? ['a certificate of ours (`tls.cert`)'] : []),
      ...(sasl === undefined ? ['a sign-in (`sasl`)'] : []),
    ]
    const may = wants.length === 0 ? 'look at its log' : `it may want ${wants.join(' or ')}`
    return unavailable(`Broker ${at} closed the connection before its first answer; ${may}.`)
  }
  return fromClient(error, `Broker ${at}`)
}

function refused(at: string, { sasl }: Pick<ClusterOptions, 'sasl'>): string {
  const who = sasl === undefined ? 'us' : `user ${sasl.username} (${sasl.mechanism})`
  return `Broker ${at} does not let ${who} in; check \`sasl.username\`, \`sasl.password\` and that the broker knows this user.`
}

interface ProtocolAnswer {
  name: string
  /** What the broker offers instead, where it says so. */
  mechanisms: readonly string[]
}

/** The broker's own answer in what the library threw; it stands some causes deep. */
function protocolAnswer(error: unknown): ProtocolAnswer | null {
  let mechanisms: readonly string[] = []
  let name: string | null = null
  for (const each of causesOf(error)) {
    if ('response' in each && typeof each.response === 'object' && each.response !== null) {
      const { mechanisms: offered } = each.response as { mechanisms?: unknown }
      if (Array.isArray(offered)) mechanisms = offered.map(String)
    }
    if ('apiId' in each && typeof each.apiId === 'string') name ??= each.apiId
  }
  return name === null ? null : { name, mechanisms }
}

function isAuthentication(error: unknown): boolean {
  return [...causesOf(error)].some((each) => 'code' in each && each.code === 'PLT_KFK_AUTHENTICATION')
}

/** NOTE: the library tells this by its words alone. */
function isClosed(error: unknown): boolean {
  return (
    says(error, /^Connection closed/) ||
    [...causesOf(error)].some((each) => 'code' in each && each.code === 'ECONNRESET')
  )
}

function wantsTls(error: unknown): boolean {
  return says(error, /^Broker requires TLS/)
}

function says(error: unknown, words: RegExp): boolean {
  return [...causesOf(error)].some((each) => 'message' in each && words.test(String(each.message)))
}
