import { createHash } from 'node:crypto'
import type { HostSelector } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { type FleetMember, isSelected } from '../fleet/fleet.ts'

/** Which agents are to be canaries. */
export interface Choice {
  /** So many of those that may be; absent: all with these labels, or one where no label is given. */
  count?: number
  labels?: HostSelector
  /** These, by their ids. */
  agents?: readonly string[]
}

/**
 * The ids of the agents of `group` that are to be its canaries, in order: live ones that its selector means. The same choice takes the same ones again, as
 * long as they live. Throws `settings_invalid` where it cannot be met.
 */
export function pickCanaries(
  group: string,
  selector: HostSelector,
  { count, labels, agents }: Choice,
  fleet: readonly FleetMember[],
): string[] {
  const live = fleet.filter(({ registration }) => isSelected(selector, registration))
  const ids = live.map(({ registration }) => registration.id)
  if (agents !== undefined) {
    const stranger = agents.find((id) => !ids.includes(id))
    if (stranger === undefined) return [...new Set(agents)].toSorted()
    throw invalid(`'${stranger}' is no live agent of group ${group} (logctl agents shows who lives).`)
  }
  const fitting =
    labels === undefined
      ? ids
      : live.flatMap(({ registration }) => (isSelected(labels, registration) ? [registration.id] : []))
  const wanted = count ?? (labels === undefined ? 1 : fitting.length)
  if (fitting.length === 0 || wanted > fitting.length) {
    const who = labels === undefined ? '' : ' with these labels'
    throw invalid(`Group ${group} has ${fitting.length} live agents${who}; ${Math.max(1, wanted)} were asked for.`)
  }
  // By a hash: hosts of one rack often have names in a row.
  const rank = (id: string): string => createHash('sha256').update(`${group}/${id}`).digest('hex')
  const ranked = fitting.map((id) => ({ id, rank: rank(id) })).toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
  return ranked
    .slice(0, wanted)
    .map(({ id }) => id)
    .toSorted()
}

function invalid(sentence: string): LogpipeError {
  return new LogpipeError('settings_invalid', sentence)
}
