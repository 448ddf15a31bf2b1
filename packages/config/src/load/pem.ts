import { readFileSync } from 'node:fs'
import { jsonSchema, nodeAt, settingPaths, type SettingsKind } from '../json-schema.ts'
import type { Origin } from './check.ts'
import { type Fault, pathText } from './fault.ts'
import { isTree, setAt, type Tree } from './tree.ts'

/** Puts the text of PEM files in place of their paths. What cannot be read is a fault; what is no path is left as it is. */
export function readPemFiles(kind: SettingsKind, settings: Tree, origin: Origin): Fault[] {
  const schema = jsonSchema(kind)
  const faults: Fault[] = []
  for (const path of settingPaths(schema).filter((candidate) => nodeAt(schema, candidate)?.format === 'pem')) {
    const file = valueAt(settings, path)
    if (typeof file !== 'string' || !file.startsWith('/')) continue
    const problem = readInto(settings, path, file)
    if (problem !== null) faults.push({ path: pathText(path), message: problem, ...origin(path) })
  }
  return faults
}

function readInto(settings: Tree, path: readonly string[], file: string): string | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
  }
  if (!text.includes('-----BEGIN ')) return 'names a file that holds no PEM text'
  setAt(settings, path, text)
  return null
}

function valueAt(tree: Tree, path: readonly string[]): unknown {
  let node: unknown = tree
  for (const part of path) node = isTree(node) && Object.hasOwn(node, part) ? node[part] : undefined
  return node
}
