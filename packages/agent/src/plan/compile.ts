import { isDeepStrictEqual } from 'node:util'
import { type CollectEntry, deadLetterTopicFault, defaultDeadLetterSuffix } from '@logpipe/config'
import { describeError, isLogpipeError, LogpipeError } from '@logpipe/runtime'
import type { Route } from '../deliver/delivery.ts'
import { Glob } from '../discover/glob.ts'
import { compileText, type EntryText } from './text.ts'

/** An entry that runs. */
export interface PlanEntry {
  readonly spec: CollectEntry
  readonly glob: Glob
  readonly excludes: readonly Glob[]
  readonly route: Route
  /** What is done with its lines; null where they go as they are. */
  readonly text: EntryText | null
}

/** An entry that does not, and why, in a sentence. */
export interface RefusedEntry {
  readonly entry: string
  readonly message: string
}

/** What is to be collected: entries in order; a file belongs to the first that matches it. */
export interface Plan {
  readonly entries: readonly PlanEntry[]
  readonly refused: readonly RefusedEntry[]
}

export const emptyPlan: Plan = { entries: [], refused: [] }

/** Whether both run the same entries in the same order, and refuse the same for the same reasons. */
export function isSamePlan(a: Plan, b: Plan): boolean {
  return (
    a.entries.length === b.entries.length &&
    a.entries.every((entry, index) => entry === b.entries[index]) &&
    isDeepStrictEqual(a.refused, b.refused)
  )
}

/**
 * The plan of these entries. One that cannot run is refused alone; the first of several with one id runs, others that differ are refused. Entries that have not
 * changed since `before` are the same objects, so that whoever holds one sees by identity whether anything is new.
 */
export function compilePlan(
  specs: readonly CollectEntry[],
  before: Plan = emptyPlan,
  deadLetterSuffix = defaultDeadLetterSuffix,
): Plan {
  const known = new Map(before.entries.map((entry) => [entry.spec.id, entry]))
  const entries = new Map<string, PlanEntry>()
  const refused: RefusedEntry[] = []
  for (const spec of specs) {
    if (!spec.enabled) continue
    const first = entries.get(spec.id)
    if (first !== undefined) {
      // The very same entry at two keys, such as those of two addresses of the host: it runs for both.
      if (isDeepStrictEqual(first.spec, spec)) continue
      refused.push({
        entry: spec.id,
        message: `There are two entries with the id '${spec.id}'; the first of them runs.`,
      })
      continue
    }
    const same = known.get(spec.id)
    if (same !== undefined && isDeepStrictEqual(same.spec, spec)) {
      entries.set(spec.id, same)
      continue
    }
    try {
      entries.set(spec.id, compileEntry(spec, deadLetterSuffix))
    } catch (error) {
      const message = isLogpipeError(error)
        ? error.message
        : `'${spec.path}' or one of its excludes is no glob: ${describeError(error)}`
      refused.push({ entry: spec.id, message })
    }
  }
  return { entries: [...entries.values()], refused }
}

function compileEntry(spec: CollectEntry, deadLetterSuffix: string): PlanEntry {
  const { topic, acks, compression, partition } = spec
  const fault = deadLetterTopicFault(topic, deadLetterSuffix)
  // Not only where the agent puts lines away: the transfer would not read the topic.
  if (fault !== null) throw new LogpipeError('settings_invalid', `The topic ${fault}.`)
  return {
    spec,
    glob: new Glob(spec.path),
    excludes: spec.exclude.map((pattern) => new Glob(pattern)),
    route: { topic, acks, compression, partition },
    text: compileText(spec),
  }
}
