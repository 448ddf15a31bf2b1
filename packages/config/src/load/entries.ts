import { CollectEntry, sameEntryId } from '../entry/entry.ts'
import { jsonSchema } from '../json-schema.ts'
import { check, type Checked, type Origin } from './check.ts'
import { type Fault, notJson, pathText } from './fault.ts'

export interface ParsedEntries {
  /** The entries that are sound; one bad entry harms no other. */
  entries: CollectEntry[]
  faults: Fault[]
}

/** What is wrong with an entry beyond its schema, each at its field. */
export type EntryCheck = (entry: CollectEntry) => { path: readonly PropertyKey[]; message: string }[]

/** Entries from the JSON text of an etcd value; `key` is named in the faults. Never throws. */
export function parseEntries(text: string, key: string): ParsedEntries {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { entries: [], faults: [notJson(key, error)] }
  }
  return checkEntries(value, originAt(key))
}

/**
 * The same for a value that has been parsed: what a file holds, or the `entries` of a group or service, which stand at `parent` there. An entry with
 * which `also` finds fault is not sound.
 */
export function checkEntries(
  value: unknown,
  origin: Origin,
  parent: readonly PropertyKey[] = [],
  also: EntryCheck = () => [],
): ParsedEntries {
  const faultAt = (path: readonly PropertyKey[], message: string): Fault => {
    const place = origin(path)
    return { path: pathText(path) || place.at, message, ...place }
  }
  if (!Array.isArray(value)) {
    const message = 'must be a list of entries: [{"path": …, "topic": …}]'
    return { entries: [], faults: [faultAt(parent, message)] }
  }
  const entries: CollectEntry[] = []
  const faults: Fault[] = []
  const ids = new Set<string>()
  let untold = 0
  value.forEach((item: unknown, index) => {
    const own = [...parent, index]
    const isTold = faults.length < mostFaults
    const checked = isTold ? check(CollectEntry, jsonSchema('entry'), item, origin, own) : checkedAlone(item)
    if (checked.ok) {
      const more = also(checked.value).map(({ path, message }) => faultAt([...own, ...path], message))
      if (ids.has(checked.value.id)) more.push(faultAt([...own, 'id'], sameEntryId))
      if (more.length === 0) {
        ids.add(checked.value.id)
        entries.push(checked.value)
      } else if (isTold) faults.push(...more)
      else untold++
    } else if (isTold) faults.push(...checked.faults)
    else untold++
  })
  if (untold > 0) faults.push(faultAt(parent, `holds ${untold} more entries that are not sound`))
  return { entries, faults }
}

/** Faults of one list that are told, about: finding words for 100,000 would hold up an agent for seconds. */
const mostFaults = 200

/** Whether an entry is sound, and nothing of why it is not. */
function checkedAlone(item: unknown): Checked<CollectEntry> {
  const { success, data } = CollectEntry.safeParse(item)
  return success ? { ok: true, value: data } : { ok: false, faults: [] }
}

/** The place of what stands at a key of etcd, which has no lines. */
export function originAt(key: string): Origin {
  return () => ({ source: 'etcd', at: key })
}
