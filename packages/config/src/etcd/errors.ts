import {
  ClientClosedError,
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCInvalidArgumentError,
  GRPCNotImplementedError,
  GRPCUnauthenticatedError,
} from 'etcd3'
import { LogpipeError } from '@logpipe/runtime/errors'
import { unavailableError } from '../store-errors.ts'
import type { EtcdOptions } from './client.ts'

const impossible = [GRPCInvalidArgumentError, GRPCNotImplementedError]

type Access = Pick<EtcdOptions, 'endpoints' | 'username'>

/** An error of the client library as ours: what etcd refuses is `etcd_rejected`, all else `etcd_unavailable`, retriable. */
export function storeError(error: unknown, what: string, access: Access): LogpipeError {
  const where = access.endpoints.join(', ')
  const rejected = (sentence: string): LogpipeError => new LogpipeError('etcd_rejected', sentence, { cause: error })
  const words = error instanceof Error ? error.message : ''
  if (error instanceof EtcdAuthenticationFailedError) {
    const who = access.username === undefined ? 'us' : `user ${access.username}`
    return rejected(`etcd at ${where} does not let ${who} in; check \`username\` and \`password\`.`)
  }
  if (words.includes('authentication is not enabled')) {
    const todo = 'do without `username` and `password`, or let `etcdctl auth enable` switch it on'
    return rejected(`etcd at ${where} takes no sign-in; ${todo}.`)
  }
  // Users and rights were changed while the request was on its way.
  if (words.includes('revision of auth store is old')) {
    return unavailableError(`etcd at ${where} is changing its users; could not ${what}.`, error)
  }
  const isRefused = error instanceof EtcdPermissionDeniedError || error instanceof GRPCUnauthenticatedError
  if (isRefused || words.includes('user name is empty')) return rejected(refusal(what, access))
  if (error instanceof EtcdLeaseInvalidError)
    return rejected(`etcd could not ${what}: the lease has ended; take a new one.`)
  if (impossible.some((kind) => error instanceof kind)) return rejected(`etcd at ${where} refuses to ${what}.`)
  if (error instanceof ClientClosedError)
    return unavailableError(`The connection to etcd was closed; it is not possible to ${what}.`, error)
  return unavailableError(`etcd at ${where} does not answer; could not ${what}.`, error)
}

/** The sentence of a request that etcd does not allow. */
export function refusal(what: string, { endpoints, username }: Access): string {
  const todo =
    username === undefined
      ? 'set `username` and `password`'
      : `give user ${username} the right (etcdctl role grant-permission)`
  return `etcd at ${endpoints.join(', ')} does not let us ${what}; ${todo}.`
}

/** `sentence` is what failed; `problem` what is wrong with TLS at this endpoint. */
export function tlsError(sentence: string, endpoint: string, problem: string): LogpipeError {
  return unavailableError(sentence, new Error(`${endpoint} ${problem}.`))
}
