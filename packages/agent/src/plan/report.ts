import { isDeepStrictEqual } from 'node:util'
import type { AgentStatus, CollectEntry, EntryStatus } from '@logpipe/config'
import type { Plan, PlanEntry } from './compile.ts'
import type { Selection } from './selection.ts'

/** What the agent has done about what the store wants. */
export interface PlanState {
  readonly selection: Selection
  /** Made of it. */
  readonly plan: Plan
  /** The plan that runs. */
  readonly running: Plan
  /** By entry: a remark on files that others collect in its place. */
  readonly shared?: ReadonlyMap<string, string>
  /** What was reported before: an entry that fails now may still run as it was then. */
  readonly before: Pick<AgentStatus, 'entries' | 'keys'>
}

/**
 * What is to be reported: one row for each entry that is wanted, and one for each fault of a value that stands for no entry. `APPLIED` only where the
 * very revision runs; `FAILED` where it cannot, with the reason; `PENDING` until one of both is known.
 */
export function statusOf(agent: string, { selection, plan, running, shared, before }: PlanState): AgentStatus {
  const known = new Map(before.entries.map((row) => [placeOf(row), row]))
  const outcomes = outcomesOf(selection, plan)
  const isPlanRunning = running === plan
  const runs = new Set(running.entries)
  const shares = sharedIds(selection)
  const rows: EntryStatus[] = selection.entries.map(({ key, spec, revision, desired, fault }, index) => {
    const { id } = spec
    const place = { id, ...(shares.has(id) && { key }) }
    const outcome = outcomes[index] ?? null
    const last = known.get(placeOf(place))?.applied ?? null
    const isRunning = outcome === null ? isPlanRunning : typeof outcome !== 'string' && runs.has(outcome)
    const error = fault ?? (typeof outcome === 'string' ? outcome : null)
    const state = error !== null ? 'FAILED' : isRunning ? 'APPLIED' : 'PENDING'
    const attempted = isRunning || error !== null ? desired : last
    const remark = outcome === null || typeof outcome === 'string' ? undefined : shared?.get(id)
    const about = { desired, attempted, applied: isRunning ? revision : last, state, error } as const
    return { ...place, ...about, ...(remark !== undefined && { remark }) }
  })
  const orphans = new Map<string, EntryStatus>()
  for (const { at, path, message, revision } of selection.orphanFaults) {
    const id = path === at ? at : `${at}#${path}`
    const error = `${path} ${message}`
    orphans.set(id, { id, desired: revision, attempted: revision, applied: null, state: 'FAILED', error })
  }
  const entries = [...rows, ...orphans.values()]
  // What stood at a key before goes on until the plan without it runs.
  const keys = isPlanRunning ? Object.fromEntries(selection.revisions) : (before.keys ?? {})
  return { agent, revision: Math.max(0, ...entries.map(({ desired }) => desired)), entries, keys, omitted: 0 }
}

function placeOf({ id, key = '' }: Pick<EntryStatus, 'id' | 'key'>): string {
  return `${key}\n${id}`
}

/** Ids that entries of several keys have: their rows name the key. */
function sharedIds({ entries }: Selection): ReadonlySet<string> {
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const { spec } of entries) {
    if (seen.has(spec.id)) shared.add(spec.id)
    seen.add(spec.id)
  }
  return shared
}

/** What the plan made of each entry, in their order: what runs, why nothing does, or null where it is switched off. */
function outcomesOf({ entries }: Selection, plan: Plan): (PlanEntry | string | null)[] {
  const planned = new Map(plan.entries.map((entry) => [entry.spec.id, entry]))
  const runsAs = (spec: CollectEntry): PlanEntry | null => {
    const entry = planned.get(spec.id)
    return entry !== undefined && isDeepStrictEqual(entry.spec, spec) ? entry : null
  }
  // Those of the settings come first in a plan, and are reported by nobody: of several with one id it is the last refusals that are ours.
  const refused = new Map<string, string[]>()
  for (const { entry, message } of plan.refused) refused.set(entry, [...(refused.get(entry) ?? []), message])
  const outcomes = entries.toReversed().map(({ spec }): PlanEntry | string | null => {
    if (!spec.enabled) return null
    const messages = refused.get(spec.id) ?? []
    return runsAs(spec) ?? (messages.length > 1 ? messages.pop() : messages[0]) ?? `It is not in the plan.`
  })
  return outcomes.reverse()
}
