import { AgentStatus, type ConfigStore, keysOf, parseKey, Registration } from '@logpipe/config'

/** A live agent, and what it says of its entries; null: nothing yet. */
export interface FleetMember {
  registration: Registration
  status: AgentStatus | null
}

/** All agents that are alive, by id. Values that are no registration or status are passed by: they are not ours. */
export async function readFleet(store: ConfigStore, prefix: string): Promise<FleetMember[]> {
  const [agents, states] = await Promise.all([
    store.list(keysOf(prefix, 'agent')),
    store.list(keysOf(prefix, 'status')),
  ])
  const statuses = new Map<string, AgentStatus>()
  for (const { key, value } of states.items) {
    const parsed = parseKey(prefix, key)
    const status = AgentStatus.safeParse(json(value))
    if (parsed?.kind === 'status' && status.success) statuses.set(parsed.id, status.data)
  }
  return agents.items.flatMap(({ key, value }) => {
    const parsed = parseKey(prefix, key)
    const registration = Registration.safeParse(json(value))
    if (parsed?.kind !== 'agent' || !registration.success) return []
    return [{ registration: registration.data, status: statuses.get(parsed.id) ?? null }]
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
