import type { PipelineEvent } from '../pipeline/event.ts'
import { holdsObject, isJsonObject, type JsonObject, textsOf, valueAt } from '../pipeline/json-value.ts'

/**
 * The labels of a document: what the record brings along as `ours`, and those that a pipeline set, which win; undefined where it set none. Every document of
 * the source has ours as texts: an object in the place of one, or a text above one (names of ours have dots in them), would make a mapping that refuses
 * all that follow, and stands below `original`.
 */
export function takeLabels(event: PipelineEvent, ours: JsonObject): JsonObject | undefined {
  for (const name of Object.keys(ours)) moveAside(event, name.split('.'))
  const labels = event.takeOut('labels')
  if (!isJsonObject(labels)) return undefined
  const kept = Object.entries(ours).filter(([name]) => valueAt(labels, name.split('.')) === undefined)
  return { ...Object.fromEntries(kept), ...labels }
}

/** Moves what a pipeline set in the place of this label, or above it, where no mapping could have both. */
function moveAside(event: PipelineEvent, name: readonly string[]): void {
  for (let length = 1; length <= name.length; length++) {
    const parts = ['labels', ...name.slice(0, length)]
    const value = valueAt(event.fields, parts)
    if (value === undefined || value === null) return
    const isBelow = length < name.length
    if (isBelow && isJsonObject(value)) continue
    const path = parts.join('.')
    if (isBelow || holdsObject(value)) {
      event.remove(path)
      event.set(`original.${path}`, value)
    } else event.set(path, textsOf(value))
    return
  }
}
