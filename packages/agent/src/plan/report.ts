import type { AgentStatus, EntryStatus } from '@logpipe/config'
import type { Plan } from './compile.ts'
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
  readonly before: readonly EntryStatus[]
}

/**
 * What is to be reported: one row for each entry that is wanted, and one for each fault of a value that stands for no entry. `APPLIED` only where the
 * very revision runs; `FAILED` where it cannot, with the reason; `PENDING` until one of both is known.
 */
export function statusOf(agent: string, { selection, plan, running, shared, before }: PlanState): AgentStatus {
  const known = new Map(before.map((row) => [row.id, row]))
  const refused = new Map(plan.refused.map(({ entry, message }) => [entry, message]))
  const planned = new Map(plan.entries.map((entry) => [entry.spec.id, entry]))
  const runs = new Set(running.entries)
  const rows = new Map<string, EntryStatus>()
  for (const { spec, revision, desired, fault } of selection.entries) {
    // The second of two with one id is told by the first one's row.
    if (rows.has(spec.id)) continue
    const { id } = spec
    const last = known.get(id)?.applied ?? null
    const entry = planned.get(id)
    const isRunning = spec.enabled ? entry !== undefined && runs.has(entry) : running === plan
    const applied = isRunning ? revision : last
    const error = fault ?? refused.get(id) ?? null
    const state = error !== null ? 'FAILED' : isRunning ? 'APPLIED' : 'PENDING'
    const attempted = isRunning || error !== null ? desired : last
    const remark = shared?.get(id)
    rows.set(id, { id, desired, attempted, applied, state, error, ...(remark !== undefined && { remark }) })
  }
  for (const { at, path, message, revision } of selection.orphanFaults) {
    const id = path === at ? at : `${at}#${path}`
    const error = `${path} ${message}`
    rows.set(id, { id, desired: revision, attempted: revision, applied: null, state: 'FAILED', error })
  }
  const entries = [...rows.values()]
  return { agent, revision: Math.max(0, ...entries.map(({ desired }) => desired)), entries, omitted: 0 }
}
