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

const refusals = [EtcdAuthenticationFailedError, EtcdPermissionDeniedError, GRPCUnauthenticatedError]
const impossible = [GRPCInvalidArgumentError, GRPCNotImplementedError]

/** An error of the client library as ours: what etcd refuses is `etcd_rejected`, all else `etcd_unavailable`, retriable. */
export function storeError(error: unknown, what: string, endpoints: readonly string[]): LogpipeError {
  const where = endpoints.join(', ')
  const rejected = (sentence: string): LogpipeError => new LogpipeError('etcd_rejected', sentence, { cause: error })
  if (refusals.some((kind) => error instanceof kind)) {
    return rejected(`etcd at ${where} does not let us ${what}; check username, password and the rights of that user.`)
  }
  if (error instanceof EtcdLeaseInvalidError)
    return rejected(`etcd could not ${what}: the lease has ended; take a new one.`)
  if (impossible.some((kind) => error instanceof kind)) return rejected(`etcd at ${where} refuses to ${what}.`)
  if (error instanceof ClientClosedError)
    return unavailableError(`The connection to etcd was closed; it is not possible to ${what}.`, error)
  return unavailableError(`etcd at ${where} does not answer; could not ${what}.`, error)
}
