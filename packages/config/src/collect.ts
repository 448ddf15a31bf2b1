import { z } from 'zod'
import type { SchemaNode } from './json-schema.ts'
import { check, type Origin } from './load/check.ts'
import { type Fault, notJson } from './load/fault.ts'
import { checkEntries, type EntryCheck, originAt, type ParsedEntries } from './load/entries.ts'
import { FieldName, Label, Name } from './names.ts'

/** What chooses hosts: every label must be one of the host's, with this very value. */
export const HostSelector = z
  .record(FieldName, Label)
  .refine((labels) => Object.keys(labels).length > 0, 'must name a label: without one it would mean every host')
export type HostSelector = z.output<typeof HostSelector>

/** Entries that some agents of a group run in place of the group's. */
const Canary = z.strictObject({
  agents: z.array(Name).min(1).max(10_000).describe('Ids of the agents.'),
  entries: z.unknown().describe('What they collect.'),
})

/** The value of `collect/groups/<name>`. */
const Group = z.strictObject({
  selector: HostSelector.describe('Labels of the hosts that are meant.'),
  entries: z.unknown().describe('What they collect.'),
  canary: Canary.exactOptional().describe('Agents that try something else first.'),
})

/** The value of `collect/services/<service>/<instance>`, which the application writes under its own lease. */
const Service = z.strictObject({
  host: Label.min(1).describe('Address or name of the host where the instance runs.'),
  entries: z.unknown().describe('What is to be collected of it.'),
})

export interface ParsedGroup extends ParsedEntries {
  selector: HostSelector
  canary: (ParsedEntries & { agents: readonly string[] }) | null
}

export interface ParsedService extends ParsedEntries {
  host: string
}

/** A value that cannot be used at all. */
export interface Unusable {
  faults: Fault[]
}

/** A host's value: a list of entries. One that is no such list is unusable; single entries that are not sound are told. Never throws. */
export function parseHostValue(text: string, key: string, also?: EntryCheck): ParsedEntries | Unusable {
  return withJson(text, key, (value) => checkHostValue(value, originAt(key), also))
}

/** The same for a value that has been parsed. */
export function checkHostValue(value: unknown, origin: Origin, also?: EntryCheck): ParsedEntries | Unusable {
  const parsed = checkEntries(value, origin, [], also)
  const isUnusable = parsed.entries.length === 0 && parsed.faults.length > 0
  return isUnusable ? { faults: parsed.faults } : parsed
}

/** A group's value. Unusable where it is no group; single entries that are not sound are told. Never throws. */
export function parseGroup(text: string, key: string, also?: EntryCheck): ParsedGroup | Unusable {
  return withJson(text, key, (value) => checkGroup(value, originAt(key), also))
}

/** The same for a value that has been parsed. */
export function checkGroup(value: unknown, origin: Origin, also?: EntryCheck): ParsedGroup | Unusable {
  const group = checked('group', Group, value, origin)
  if ('faults' in group) return group
  const { selector, canary } = group.value
  const own = checkEntries(group.value.entries, origin, ['entries'], also)
  const other =
    canary === undefined
      ? null
      : { ...checkEntries(canary.entries, origin, ['canary', 'entries'], also), agents: canary.agents }
  return { selector, ...own, faults: [...own.faults, ...(other?.faults ?? [])], canary: other }
}

/**
 * The value of an instance of a service. Where `isMeant` says that its host is not, its entries are not looked at: an agent sees the services of
 * the whole fleet. Never throws.
 */
export function parseService(text: string, key: string, isMeant?: (host: string) => boolean): ParsedService | Unusable {
  return withJson(text, key, (value) => checkService(value, originAt(key), isMeant))
}

/** The same for a value that has been parsed. */
export function checkService(
  value: unknown,
  origin: Origin,
  isMeant: (host: string) => boolean = () => true,
  also?: EntryCheck,
): ParsedService | Unusable {
  const service = checked('service', Service, value, origin)
  if ('faults' in service) return service
  const { host, entries } = service.value
  return { host, ...(isMeant(host) ? checkEntries(entries, origin, ['entries'], also) : { entries: [], faults: [] }) }
}

const nodes = new Map<string, SchemaNode>()

function checked<S extends z.ZodType>(
  what: string,
  schema: S,
  value: unknown,
  origin: Origin,
): { value: z.output<S> } | Unusable {
  let node = nodes.get(what)
  if (node === undefined) nodes.set(what, (node = z.toJSONSchema(schema, { io: 'input' }) as SchemaNode))
  const result = check(schema, node, value, origin)
  return result.ok ? { value: result.value } : { faults: result.faults }
}

function withJson<T>(text: string, key: string, use: (value: unknown) => T): T | Unusable {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { faults: [notJson(key, error)] }
  }
  return use(value)
}
