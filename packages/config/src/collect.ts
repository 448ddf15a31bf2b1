import { z } from 'zod'
import { describeError } from '@logpipe/runtime/errors'
import { type Fault, printable } from './load/fault.ts'
import { checkEntries, parseEntries, type ParsedEntries } from './load/entries.ts'
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
export function parseHostValue(text: string, key: string): ParsedEntries | Unusable {
  const parsed = parseEntries(text, key)
  const isUnusable = parsed.entries.length === 0 && parsed.faults.length > 0
  return isUnusable ? { faults: parsed.faults } : parsed
}

/** A group's value. Unusable where it is no group; single entries that are not sound are told. Never throws. */
export function parseGroup(text: string, key: string): ParsedGroup | Unusable {
  const group = parse(Group, text, key)
  if ('faults' in group) return group
  const { selector, canary } = group.value
  const own = entriesOf(group.value.entries, key, 'entries')
  const other =
    canary === undefined ? null : { ...entriesOf(canary.entries, key, 'canary.entries'), agents: canary.agents }
  return { selector, ...own, faults: [...own.faults, ...(other?.faults ?? [])], canary: other }
}

/** The value of an instance of a service. Never throws. */
export function parseService(text: string, key: string): ParsedService | Unusable {
  const service = parse(Service, text, key)
  if ('faults' in service) return service
  return { host: service.value.host, ...entriesOf(service.value.entries, key, 'entries') }
}

function parse<S extends z.ZodType>(schema: S, text: string, key: string): { value: z.output<S> } | Unusable {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { faults: [fault(key, key, `is not JSON: ${printable(describeError(error))}`)] }
  }
  const result = schema.safeParse(json)
  if (result.success) return { value: result.data }
  return {
    faults: result.error.issues.map(({ path, message, ...issue }) =>
      issue.code === 'unrecognized_keys'
        ? fault(key, issue.keys.map(printable).join(', '), 'is not a setting here')
        : fault(key, path.join('.') || key, sentence(message)),
    ),
  }
}

function entriesOf(value: unknown, key: string, at: string): ParsedEntries {
  const { entries, faults } = checkEntries(value, key)
  return {
    entries,
    faults: faults.map((one) => ({ ...one, path: one.path.startsWith('[') ? `${at}${one.path}` : at })),
  }
}

function fault(key: string, path: string, message: string): Fault {
  return { source: 'etcd', at: key, path, message }
}

/** zod's own messages begin with a capital and stand alone; ours follow the path. */
function sentence(message: string): string {
  return /^[A-Z]/.test(message) ? `is not what it should be: ${message}` : message
}
