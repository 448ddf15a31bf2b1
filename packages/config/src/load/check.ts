import type { z } from 'zod'
import { keysAt, nodeAt, settingPaths, type SchemaNode } from '../json-schema.ts'
import { type Fault, type FaultSource, pathText } from './fault.ts'
import { sentenceOf, unionSentence, wrongBranch } from './sentence.ts'
import { nearest, nearestSetting } from './suggest.ts'

/** Where the value at a path came from. */
export type Origin = (path: readonly PropertyKey[]) => { source: FaultSource; at: string }

export type Checked<T> = { ok: true; value: T } | { ok: false; faults: Fault[] }

/** Checks `value` against `schema` (and its JSON Schema `node`); all faults at once (of hundreds the first), in words, with the nearest names. */
export function check<S extends z.ZodType>(
  schema: S,
  node: SchemaNode,
  value: unknown,
  origin: Origin,
  parent: readonly PropertyKey[] = [],
): Checked<z.output<S>> {
  const result = schema.safeParse(value, { error: sentenceOf, reportInput: true })
  if (result.success) return { ok: true, value: result.data }
  const faults = result.error.issues.slice(0, mostIssues).flatMap((issue) => faultsOf(issue, node, origin, parent))
  return { ok: false, faults }
}

/** Of one value, and unknown keys of one object: nobody reads more at once, and whoever writes to etcd could hold up an agent with them. */
const mostIssues = 200

function faultsOf(issue: z.core.$ZodIssue, root: SchemaNode, origin: Origin, parent: readonly PropertyKey[]): Fault[] {
  const node = nodeAt(root, issue.path)
  const faultAt = (path: readonly PropertyKey[], message: string, suggestion?: string): Fault => ({
    path: pathText([...parent, ...path]) || 'settings',
    message,
    ...origin([...parent, ...path]),
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  if (issue.code === 'unrecognized_keys') {
    const siblings = Object.keys(keysAt(node))
    const all = settingPaths(root).map(pathText)
    return issue.keys.slice(0, mostIssues).map((key) => {
      const path = [...issue.path, key]
      return faultAt(path, 'is not a setting', nearestSetting(key, siblings, all))
    })
  }
  if (issue.code === 'invalid_union' && issue.message === wrongBranch) {
    const meant = issue.errors.find((branch) => !branch.some(isOtherKind))
    const inner = meant?.map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
    if (inner !== undefined) return inner.flatMap((each) => faultsOf(each, root, origin, parent))
    return [faultAt(issue.path, unionSentence(issue.errors), nearestOf(issue.input, issue.errors.flatMap(valuesOf)))]
  }
  // A bad name in a map is told at the map, where a person looks for it.
  const message = issue.message === 'is missing' ? missing(node) : issue.message
  return [faultAt(issue.path, message, nearestOf(issue.input, valuesOf([issue])))]
}

/** Whether a branch of a union was not meant at all: the value is of another kind, or is none of those that the branch knows. */
function isOtherKind({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
}

function missing(node: SchemaNode | undefined): string {
  return node?.description === undefined ? 'is missing' : `is missing: ${node.description.replace(/\.$/, '')}`
}

function valuesOf(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values.map(String) : []))
}

function nearestOf(input: unknown, values: readonly string[]): string | undefined {
  return typeof input === 'string' ? nearest(input, values) : undefined
}
