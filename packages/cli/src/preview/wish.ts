import {
  type CollectEntry,
  entryId,
  type Fault,
  type ParsedEntries,
  type ParsedGroup,
  parseGroup,
  parseHostValue,
  readStanding,
  type Registration,
} from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { StoreSession } from '../entries/session.ts'
import { nameOf, type TargetFlags, targetOf } from '../entries/target.ts'
import { type ValueFlags, valueOf } from '../entries/value.ts'
import { valueProblems } from '../validate/value-problems.ts'
import { hasAddress, isSelected } from '../fleet/fleet.ts'

export interface WishFlags extends TargetFlags, ValueFlags {
  /** Ids of agents: these alone. */
  agent?: string[]
}

/** What is to be tried, and on whom. */
export interface WishPart {
  entries: CollectEntry[]
  isMeant: (registration: Registration) => boolean
  /** Whether it is what a group's canaries run in place of its entries. */
  isCanary: boolean
}

/** An agent tries the first part that means it. */
export interface Wish {
  parts: WishPart[]
}

/**
 * The entries that a person wants to see tried: of `text` (what a file holds), the one of --path and --topic, or else those that stand in etcd; on the agents of the host, the group or
 * with these ids. Canaries try what is theirs in a group that stands, or is given whole; a list, and a single entry, is tried by all. Resolves to the faults where the entries are not sound. Rejects with `settings_invalid` where it is not clear what is meant.
 */
export async function readWish(
  text: string | null,
  flags: WishFlags,
  { store, prefix }: StoreSession,
): Promise<Wish | { faults: Fault[] }> {
  const ids = flags.agent ?? []
  const isOfAgents = flags.host === undefined && flags.group === undefined && ids.length > 0
  // Entries for agents alone are no value of any key: as those of a host they are checked all the same.
  const target = isOfAgents ? ({ kind: 'host', ip: '0.0.0.0' } as const) : targetOf(flags)
  const standing = isOfAgents
    ? { target, key: 'The entries', value: null, revision: 0 }
    : await readStanding(store, prefix, target)
  const isGiven = text !== null || flags.path !== undefined || flags.topic !== undefined
  const value = isGiven ? valueOf(standing, text, flags) : standing.value
  if (value === null) {
    const whose = isOfAgents ? '' : `There are no entries of ${nameOf(target)}. `
    throw new LogpipeError(
      'settings_invalid',
      `${whose}What is to be tried? Give a file (- for stdin), or --path and --topic.`,
    )
  }
  const faults = valueProblems(target, value, standing.key)
  if (faults.length > 0) return { faults }
  // Without a fault it can be used.
  const group = target.kind === 'group' ? (parseGroup(value, standing.key) as ParsedGroup) : null
  const parsed = group ?? (parseHostValue(value, standing.key) as ParsedEntries)
  const { path, topic } = flags
  const added = path === undefined || topic === undefined ? null : entryId(topic, path)
  const entries = parsed.entries.filter(({ id }) => added === null || id === added)
  const isMeant = (registration: Registration): boolean => {
    if (ids.length > 0 && !ids.includes(registration.id)) return false
    if (group !== null) return isSelected(group.selector, registration)
    return isOfAgents || (target.kind === 'host' && hasAddress(target.ip, registration))
  }
  const isOneForAll = added !== null || text?.trimStart().startsWith('[') === true
  const canary = isOneForAll ? null : (group?.canary ?? null)
  const rest = { entries, isMeant, isCanary: false }
  if (canary === null) return { parts: [rest] }
  const isCanaryMeant = (one: Registration): boolean => isMeant(one) && canary.agents.includes(one.id)
  return { parts: [{ entries: canary.entries, isMeant: isCanaryMeant, isCanary: true }, rest] }
}
