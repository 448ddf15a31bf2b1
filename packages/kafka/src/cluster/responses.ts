import type { findCoordinatorV4 } from '@platformatic/kafka'
import { fromProtocol, protocolErrorName } from '../errors.ts'
import type { BrokerAddress } from './connections.ts'

/** How partitions are keyed in maps. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}:${partition}`
}

/** Throws our error for a protocol error code; returns where it is 0. */
export function unwrap(errorCode: number, what: string): void {
  if (errorCode !== 0) throw fromProtocol(protocolErrorName(errorCode), what)
}

export function coordinatorFrom(response: findCoordinatorV4.FindCoordinatorResponse, what: string): BrokerAddress {
  const [coordinator] = response.coordinators
  if (coordinator === undefined) throw fromProtocol('COORDINATOR_NOT_AVAILABLE', what)
  unwrap(coordinator.errorCode, what)
  return { host: coordinator.host, port: coordinator.port }
}
