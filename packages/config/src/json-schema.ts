import { z } from 'zod'
import { AgentSettings } from './agent.ts'
import { CollectEntry } from './entry/entry.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { TransferSettings } from './transfer.ts'

/** The parts of a JSON Schema that zod writes for our settings and that we read. */
export interface SchemaNode {
  type?: string
  /** What a person calls a text of this form: `regex`, `duration, 1s to 1h`. */
  title?: string
  description?: string
  default?: unknown
  const?: unknown
  enum?: unknown[]
  format?: string
  properties?: Record<string, SchemaNode>
  required?: string[]
  items?: SchemaNode
  additionalProperties?: boolean | SchemaNode
  anyOf?: SchemaNode[]
  minimum?: number
  maximum?: number
  /** A schema that stands in itself is kept apart: `#/$defs/condition`. */
  $ref?: string
  $defs?: Record<string, SchemaNode>
}

export type SettingsKind = 'agent' | 'transfer'
/** What has a JSON Schema: the settings, and what is kept in etcd. */
export type SchemaKind = SettingsKind | 'entry' | 'pipeline'

const schemas = { agent: AgentSettings, transfer: TransferSettings, entry: CollectEntry, pipeline: Pipeline }
const titles = {
  agent: 'Settings of logagent',
  transfer: 'Settings of logtransfer',
  entry: 'Collection entry',
  pipeline: 'Pipeline',
}
const made = new Map<string, SchemaNode>()

/** JSON Schema (draft 2020-12) of what a person writes, for editors and other programs. Treat it as read-only. */
export function jsonSchema(kind: SchemaKind): SchemaNode {
  let schema = made.get(kind)
  if (schema === undefined) {
    schema = { title: titles[kind], ...z.toJSONSchema(schemas[kind], { io: 'input' }) } as SchemaNode
    made.set(kind, schema)
  }
  return schema
}

/** The keys that a setting has where it is a section; it may be one among other forms (`partition: source` or `{ key }`). */
export function keysAt(node: SchemaNode | undefined): Record<string, SchemaNode> {
  return node?.properties ?? node?.anyOf?.find(({ properties }) => properties !== undefined)?.properties ?? {}
}

/** The node that describes the setting at `path`; undefined where there is none. */
export function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = root
  for (const part of path) {
    if (node?.$ref !== undefined) node = root.$defs?.[refName(node.$ref)]
    if (node === undefined) return undefined
    if (node.items !== undefined && /^\d{1,5}$/.test(String(part))) node = node.items
    else if (Object.hasOwn(keysAt(node), part)) node = keysAt(node)[String(part)]
    else node = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  }
  return node
}

/** The name of a schema that is kept apart. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

/** Every section and key of settings, outermost first, without those inside of lists. */
export function settingPaths(node: SchemaNode, parent: readonly string[] = []): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = [...parent, name]
    return [path, ...settingPaths(child, path)]
  })
}
