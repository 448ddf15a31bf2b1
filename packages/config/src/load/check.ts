import type { z } from 'zod'
import { notYetSupported } from '../entry.ts'
import { nodeAt, settingPaths, type SchemaNode } from '../json-schema.ts'
import { type Fault, type FaultSource, pathText } from './fault.ts'
import { sentenceOf } from './sentence.ts'
import { nearest, nearestSetting } from './suggest.ts'

/** Where the value at a path came from. */
export type Origin = (path: readonly PropertyKey[]) => { source: FaultSource; at: string }

export type Checked<T> = { ok: true; value: T } | { ok: false; faults: Fault[] }

/** Checks `value` against `schema` (and its JSON Schema `node`); all faults at once, in words, with the nearest names. */
export function check<S extends z.ZodType>(
  schema: S,
  node: SchemaNode,
  value: unknown,
  origin: Origin,
  parent: readonly PropertyKey[] = [],
): Checked<z.output<S>> {
  const result = schema.safeParse(value, { error: sentenceOf, reportInput: true })
  if (result.success) return { ok: true, value: result.data }
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, node, origin, parent))
  return { ok: false, faults }
}

function faultsOf(issue: z.core.$ZodIssue, root: SchemaNode, origin: Origin, parent: readonly PropertyKey[]): Fault[] {
  const node = nodeAt(root, issue.path)
  const faultAt = (path: readonly PropertyKey[], message: string, suggestion?: string): Fault => ({
    path: pathText([...parent, ...path]) || 'settings',
    message,
    ...origin([...parent, ...path]),
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  if (issue.code === 'unrecognized_keys') {
    const siblings = Object.keys(node?.properties ?? {})
    const all = settingPaths(root).map(pathText)
    const isEntry = siblings.includes('startAt')
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      if (isEntry && notYetSupported.includes(key)) return faultAt(path, 'is not supported yet; remove it')
      return faultAt(path, 'is not a setting', nearestSetting(key, siblings, all))
    })
  }
  // A bad name in a map is told at the map, where a person looks for it.
  const message = issue.message === 'is missing' ? missing(node) : issue.message
  return [faultAt(issue.path, message, issue.code === 'invalid_value' ? nearestValue(issue) : undefined)]
}

function missing(node: SchemaNode | undefined): string {
  return node?.description === undefined ? 'is missing' : `is missing: ${node.description.replace(/\.$/, '')}`
}

function nearestValue(issue: z.core.$ZodIssueInvalidValue): string | undefined {
  return typeof issue.input === 'string' ? nearest(issue.input, issue.values.map(String)) : undefined
}
