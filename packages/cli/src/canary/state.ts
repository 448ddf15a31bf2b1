import type { Standing } from '@logpipe/config'
import type { FleetMember } from '../fleet/fleet.ts'
import { type MemberRollout, rolloutOf } from '../fleet/rollout.ts'
import type { GroupText } from './value.ts'

/** How far one canary has come; `GONE`: it is not alive, or is no agent of the group any more. */
export interface CanaryMember {
  agent: string
  state: MemberRollout['state'] | 'GONE'
  errors: MemberRollout['errors']
}

/** How a group with canaries is. */
export interface CanaryState {
  revision: number
  canaries: CanaryMember[]
  /** Those of the group that are no canaries. */
  others: { concerned: number; applied: number; failed: number; pending: number }
}

/** How far the canaries of a group have come, and the others. */
export function canaryState(standing: Standing, { canary }: GroupText, fleet: readonly FleetMember[]): CanaryState {
  const { revision, agents } = rolloutOf(standing, fleet)
  const ids = new Set(canary?.agents)
  const live = new Map(agents.map((one) => [one.agent, one]))
  const canaries = [...ids].map((agent): CanaryMember => {
    const { state, errors } = live.get(agent) ?? { state: 'GONE', errors: [] }
    return { agent, state, errors }
  })
  const rest = agents.filter(({ agent }) => !ids.has(agent))
  const counted = (state: MemberRollout['state']): number => rest.filter((one) => one.state === state).length
  const [applied, failed, pending] = [counted('APPLIED'), counted('FAILED'), counted('PENDING')]
  return { revision, canaries, others: { concerned: rest.length, applied, failed, pending } }
}

/** Why the canaries' entries should not be given to all yet; null: every canary that lives runs them, and one does. */
export function doubt({ canaries }: CanaryState): string | null {
  const ids = (state: CanaryMember['state']): string =>
    canaries.flatMap((one) => (one.state === state ? [one.agent] : [])).join(', ')
  if (ids('FAILED') !== '') return `they cannot be applied on ${ids('FAILED')} (logctl canary show tells why)`
  if (ids('PENDING') !== '') return `they are still on the way to ${ids('PENDING')}`
  return ids('APPLIED') === '' ? 'none of the canaries is alive' : null
}
