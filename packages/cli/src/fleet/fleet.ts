import {
  AgentStatus,
  type ConfigStore,
  type HostSelector,
  keysOf,
  parseKey,
  Registration,
  TransferRegistration,
  TransferStatus,
} from '@logpipe/config'

/** A live agent, and what it says of its entries; null: nothing yet. */
export interface FleetMember {
  registration: Registration
  status: AgentStatus | null
}

/** A live transfer, and what it says of the pipelines; null: nothing yet. */
export interface TransferMember {
  registration: TransferRegistration
  status: TransferStatus | null
}

/** All agents that are alive, by id. Values that are no registration or status are passed by: they are not ours. */
export async function readFleet(store: ConfigStore, prefix: string): Promise<FleetMember[]> {
  const [registrations, statuses] = await Promise.all([
    readAll(store, prefix, 'agent', Registration),
    readAll(store, prefix, 'status', AgentStatus),
  ])
  return Array.from(registrations, ([id, registration]) => ({ registration, status: statuses.get(id) ?? null }))
}

/** The same for transfers. */
export async function readTransfers(store: ConfigStore, prefix: string): Promise<TransferMember[]> {
  const [registrations, statuses] = await Promise.all([
    readAll(store, prefix, 'transfer', TransferRegistration),
    readAll(store, prefix, 'transferStatus', TransferStatus),
  ])
  return Array.from(registrations, ([id, registration]) => ({ registration, status: statuses.get(id) ?? null }))
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false }
}

async function readAll<T>(
  store: ConfigStore,
  prefix: string,
  kind: 'agent' | 'status' | 'transfer' | 'transferStatus',
  schema: Schema<T>,
): Promise<Map<string, T>> {
  const { items } = await store.list(keysOf(prefix, kind))
  const found = new Map<string, T>()
  for (const { key, value } of items) {
    const parsed = parseKey(prefix, key)
    const read = schema.safeParse(json(value))
    if (parsed?.kind === kind && read.success) found.set(parsed.id, read.data)
  }
  return found
}

/** Whether the entries of the host with this address are this agent's. */
export function hasAddress(address: string, { ip, ips }: Registration): boolean {
  return ip === address || ips.includes(address)
}

/** Whether a selector means this agent, as the agent itself decides. */
export function isSelected(selector: HostSelector, { host, ip, labels }: Registration): boolean {
  const own: Record<string, string> = { hostname: host, ip, ...labels }
  return Object.entries(selector).every(([label, value]) => own[label] === value)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
