import { CollectEntry, sameEntryId } from '../entry/entry.ts'
import { jsonSchema } from '../json-schema.ts'
import { check, type Origin } from './check.ts'
import { type Fault, notJson } from './fault.ts'

export interface ParsedEntries {
  /** The entries that are sound; one bad entry harms no other. */
  entries: CollectEntry[]
  faults: Fault[]
}

/** Entries from the JSON text of an etcd value; `key` is named in the faults. Never throws. */
export function parseEntries(text: string, key: string): ParsedEntries {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { entries: [], faults: [notJson(key, error)] }
  }
  return checkEntries(value, key)
}

/** The same for a value that has been parsed (the `entries` of a group or service). */
export function checkEntries(value: unknown, key: string): ParsedEntries {
  if (!Array.isArray(value)) {
    return {
      entries: [],
      faults: [{ ...at(key), path: key, message: 'must be a list of entries: [{"path": …, "topic": …}]' }],
    }
  }
  const origin: Origin = () => at(key)
  const entries: CollectEntry[] = []
  const faults: Fault[] = []
  value.forEach((item: unknown, index) => {
    const checked = check(CollectEntry, jsonSchema('entry'), item, origin, [index])
    if (!checked.ok) faults.push(...checked.faults)
    else if (!entries.some(({ id }) => id === checked.value.id)) entries.push(checked.value)
    else faults.push({ ...at(key), path: `[${index}].id`, message: sameEntryId })
  })
  return { entries, faults }
}

function at(key: string): { source: 'etcd'; at: string } {
  return { source: 'etcd', at: key }
}
