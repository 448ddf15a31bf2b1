import { type Fault, keysOf, parseKey, parseService, type StoreItem } from '@logpipe/config'
import type { FleetMember } from './fleet.ts'
import { type MemberRollout, serviceRollout } from './rollout.ts'

/** What an application has registered for one of its instances, and who collects it. */
export interface ServiceInstance {
  service: string
  instance: string
  key: string
  revision: number
  /** Where it says that it runs; null where its value cannot be read. */
  host: string | null
  /** The lease with which it ends, as `etcdctl lease` takes it; null where it stays until someone deletes it. */
  lease: string | null
  /** How many entries of it can be used. */
  entries: number
  /** What is wrong with its value. */
  faults: { path: string; message: string }[]
  /** The live agents that are meant. */
  agents: MemberRollout[]
}

/** The instances that stand in the store, by key. Keys that are none are passed by. */
export function serviceInstances(
  items: readonly StoreItem[],
  prefix: string,
  fleet: readonly FleetMember[],
): ServiceInstance[] {
  return items.flatMap((item): ServiceInstance[] => {
    const parsed = parseKey(prefix, item.key)
    if (parsed?.kind !== 'service') return []
    const { service, instance } = parsed
    const value = parseService(item.value, item.key)
    const faults = value.faults.map(told)
    const lease = item.lease === undefined ? null : BigInt(item.lease).toString(16)
    const own = { service, instance, key: item.key, revision: item.modRevision, lease, faults }
    if (!('entries' in value)) return [{ ...own, host: null, entries: 0, agents: [] }]
    const { host, entries } = value
    const ids = entries.map(({ id }) => `${item.key.slice(keysOf(prefix, 'service').length)}/${id}`)
    return [{ ...own, host, entries: entries.length, agents: serviceRollout(own, host, ids, fleet) }]
  })
}

function told({ path, message }: Fault): { path: string; message: string } {
  return { path, message }
}
