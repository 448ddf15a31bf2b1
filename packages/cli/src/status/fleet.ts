import { type EntryStatus, openEtcdStore } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import { readFleet, readTransfers } from '../fleet/fleet.ts'
import type { EtcdSettings } from '../settings.ts'
import { answerMs, type FleetState, type MembersState } from './report.ts'

/** More of them help nobody: logctl rollout tells all. */
const maxErrors = 5

/** What the agents and transfers that are registered in etcd say; undefined where etcd does not tell (`etcdState` says why). */
export async function fleetState({ prefix, ...access }: EtcdSettings): Promise<FleetState | undefined> {
  const store = await openEtcdStore({ ...access, requestTimeoutMs: answerMs / 2 })
  try {
    const [agents, transfers] = await Promise.all([readFleet(store, prefix), readTransfers(store, prefix)])
    const ofAgents = membersState(
      'Agent',
      agents.map(({ registration, status }) => [registration.id, status?.entries ?? []]),
    )
    const ofTransfers = membersState(
      'Transfer',
      transfers.map(({ registration, status }) => [registration.id, status?.pipelines ?? []]),
    )
    return { healthy: ofAgents.failed + ofTransfers.failed === 0, agents: ofAgents, transfers: ofTransfers }
  } catch (error) {
    if (!isLogpipeError(error)) throw error
    return undefined
  } finally {
    await store.close()
  }
}

function membersState(kind: string, members: readonly (readonly [string, readonly EntryStatus[]])[]): MembersState {
  const having = (state: EntryStatus['state']): number =>
    members.filter(([, rows]) => rows.some((row) => row.state === state)).length
  const errors = members.flatMap(([id, rows]) =>
    rows.flatMap(({ id: what, state, error }) =>
      state === 'FAILED' ? [`${kind} ${id}, ${what}: ${error ?? 'it gives no reason'}`] : [],
    ),
  )
  const more = errors.length - maxErrors
  const told = more > 0 ? [...errors.slice(0, maxErrors), `${kind}s: ${more} more; logctl rollout tells all.`] : errors
  return { alive: members.length, failed: having('FAILED'), pending: having('PENDING'), errors: told }
}
