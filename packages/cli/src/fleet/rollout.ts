import {
  type EntryStatus,
  type ParsedEntries,
  type ParsedGroup,
  parseGroup,
  parseHostValue,
  type Standing,
} from '@logpipe/config'
import { type FleetMember, hasAddress, isSelected, type TransferMember } from './fleet.ts'

/** How far one agent has come with what stands at a key; for a pipeline, one transfer. */
export interface MemberRollout {
  agent: string
  host: string
  state: 'APPLIED' | 'FAILED' | 'PENDING'
  /** Why it failed: each entry or value with its reason. */
  errors: { entry: string; error: string }[]
  /** What is to be known of entries although nothing is wrong; absent where that is nothing. */
  remarks?: { entry: string; remark: string }[]
}

export interface Rollout {
  key: string
  /** The revision that is to be applied. */
  revision: number
  concerned: number
  applied: number
  failed: number
  pending: number
  /** Why the value cannot be read at all; absent where it can. */
  problem?: string
  agents: MemberRollout[]
}

/**
 * How far a change has come on the live agents that it concerns. Of a key that was deleted it is known who is meant by a host's, and of a group's only
 * who still runs what stood there.
 */
export function rolloutOf({ target, key, value, revision }: Standing, fleet: readonly FleetMember[]): Rollout {
  if (value === null)
    return counted(
      key,
      revision,
      fleet.flatMap((member) => goneState(target, key, member) ?? []),
    )
  const parsed = target.kind === 'group' ? parseGroup(value, key) : parseHostValue(value, key)
  const agents = fleet.flatMap((member): MemberRollout[] => {
    const { id, host } = member.registration
    if (!isMeant(target, parsed, member)) return []
    const report = reportOf(member)
    if (!('entries' in parsed)) return [{ agent: id, host, ...brokenState(report, revision) }]
    const ids = wanted(target, parsed as ParsedEntries, id)
    const part = target.kind === 'group' ? partNotRunBy(id, parsed as ParsedGroup) : null
    const { state, ...rest } = stateOf(withoutFaultsOf(part, report, key), ids, key, revision)
    // Of an entry that was taken away there is no row, so the rows alone do not tell whether it has ended.
    const isLeft =
      report?.keys === undefined
        ? target.kind === 'group' && hasOtherRows(report, target.name, ids)
        : (report.keys[key] ?? 0) < revision
    return [{ agent: id, host, state: state === 'APPLIED' && isLeft ? 'PENDING' : state, ...rest }]
  })
  const [fault] = 'entries' in parsed ? [] : parsed.faults
  const problem = fault === undefined ? {} : { problem: `${fault.path} ${fault.message}` }
  return { ...counted(key, revision, agents), ...problem }
}

/** The same for a pipeline, which concerns every live transfer. */
export function pipelineRolloutOf(
  { target, key, value, revision }: Standing,
  transfers: readonly TransferMember[],
): Rollout {
  if (value === null || target.kind !== 'pipeline') return counted(key, revision, [])
  const members = transfers.map(({ registration: { id, host }, status }): MemberRollout => {
    const report = status === null ? null : { ...status, rows: status.pipelines }
    return { agent: id, host, ...stateOf(report, [target.name], key, revision) }
  })
  return counted(key, revision, members)
}

/** How far the live agents on `host` are with these entries of a service's instance: those whose address or host name that is. */
export function serviceRollout(
  { key, revision }: Pick<Standing, 'key' | 'revision'>,
  host: string,
  ids: readonly string[],
  fleet: readonly FleetMember[],
): MemberRollout[] {
  const isMeant = ({ registration }: FleetMember): boolean =>
    host === registration.host || hasAddress(host, registration)
  return fleet.filter(isMeant).map((member) => {
    const { id, host: name } = member.registration
    return { agent: id, host: name, ...stateOf(reportOf(member), ids, key, revision) }
  })
}

function counted(key: string, revision: number, agents: MemberRollout[]): Rollout {
  const countOf = (state: MemberRollout['state']): number => agents.filter((one) => one.state === state).length
  const [applied, failed, pending] = [countOf('APPLIED'), countOf('FAILED'), countOf('PENDING')]
  return { key, revision, concerned: agents.length, applied, failed, pending, agents }
}

type Parsed = ReturnType<typeof parseGroup> | ReturnType<typeof parseHostValue>

/** A group that cannot be read means those whom it meant before, as far as they say so. */
function isMeant(target: Standing['target'], parsed: Parsed, member: FleetMember): boolean {
  if (target.kind === 'host') return hasAddress(target.ip, member.registration)
  if (target.kind !== 'group') return false
  if (!('entries' in parsed)) return hasOtherRows(reportOf(member), target.name, [])
  return isSelected((parsed as ParsedGroup).selector, member.registration)
}

/** How far an agent is with a key that is gone; null: it is not concerned, or its version does not tell. */
function goneState(target: Standing['target'], key: string, member: FleetMember): MemberRollout | null {
  const { registration, status } = member
  const state = status === null || status.keys?.[key] !== undefined ? 'PENDING' : 'APPLIED'
  const isConcerned =
    target.kind === 'host'
      ? hasAddress(target.ip, registration) && (status === null || status.keys !== undefined)
      : target.kind === 'group' && status !== null && state === 'PENDING'
  return isConcerned ? { agent: registration.id, host: registration.host, state, errors: [] } : null
}

/** Where the entries of a group stand that this agent does not run: a canary those of the rest, the rest those of the canaries. */
function partNotRunBy(agent: string, { canary }: ParsedGroup): string {
  return canary?.agents.includes(agent) === true ? 'entries' : 'canary.entries'
}

/** What is wrong with entries that an agent does not run is no fault of its; older agents tell it all the same. */
function withoutFaultsOf(part: string | null, report: Report | null, key: string): Report | null {
  if (part === null || report === null) return report
  const isOfPart = ({ id }: EntryStatus): boolean => id === `${key}#${part}` || id.startsWith(`${key}#${part}[`)
  return { ...report, rows: report.rows.filter((row) => !isOfPart(row)) }
}

/** Ids in status of the entries that one agent is to run. */
function wanted(target: Standing['target'], parsed: ParsedEntries, agent: string): string[] {
  if (target.kind !== 'group') return parsed.entries.map(({ id }) => id)
  const { canary, entries } = parsed as ParsedGroup
  const own = canary?.agents.includes(agent) === true ? canary.entries : entries
  return own.map(({ id }) => `${target.name}/${id}`)
}

/** By agents that do not tell of keys: whether one says something of further entries of the group: `<group>/<id>`, where those of a service have one part more. */
function hasOtherRows(report: Report | null, group: string, ids: readonly string[]): boolean {
  const isOfGroup = (id: string): boolean => id.startsWith(`${group}/`) && !id.includes('/', group.length + 1)
  const known = new Set(ids)
  return report?.rows.some(({ id }) => isOfGroup(id) && !known.has(id)) ?? false
}

/** Of a value that cannot be used: whoever runs what the key said before tells so with each entry of that. */
function brokenState(report: Report | null, revision: number): Pick<MemberRollout, 'state' | 'errors'> {
  const errors = (report?.rows ?? []).flatMap(({ id, desired, error }) =>
    desired === revision && error !== null ? [{ entry: id, error }] : [],
  )
  return { state: errors.length > 0 ? 'FAILED' : 'PENDING', errors }
}

/** What somebody says of what it is to apply. */
interface Report {
  rows: readonly EntryStatus[]
  revision: number
  omitted: number
  /** By key, the revision that runs; undefined: it is not told. */
  keys?: Readonly<Record<string, number>> | undefined
}

function reportOf({ status }: FleetMember): Report | null {
  return status === null ? null : { ...status, rows: status.entries }
}

function stateOf(
  report: Report | null,
  ids: readonly string[],
  key: string,
  revision: number,
): Omit<MemberRollout, 'agent' | 'host'> {
  if (report === null) return { state: 'PENDING', errors: [] }
  // Entries of two addresses of one agent may have the same id.
  const rows = new Map(report.rows.flatMap((row) => (row.key === undefined || row.key === key ? [[row.id, row]] : [])))
  const own = ids.map((id) => rows.get(id))
  // What is wrong with a value stands under its key; with one entry of it, under `key#[n].field`.
  const ofValue = report.rows.filter(({ id }) => id === key || id.startsWith(`${key}#`))
  const tried = [...own, ...ofValue].filter((row) => row !== undefined && (row.attempted ?? 0) >= revision)
  const errors = tried.flatMap((row) =>
    row === undefined || row.error === null ? [] : [{ entry: row.id, error: row.error }],
  )
  if (errors.length > 0) return { state: 'FAILED', errors }
  // Rows that say that all is well are the first to be left out of a status that would be too large.
  const isThere = (row: EntryStatus | undefined): boolean =>
    row === undefined ? report.omitted > 0 && report.revision >= revision : (row.applied ?? 0) >= revision
  const remarks = own.flatMap((row) => (row?.remark === undefined ? [] : [{ entry: row.id, remark: row.remark }]))
  return { state: own.every(isThere) ? 'APPLIED' : 'PENDING', errors, ...(remarks.length > 0 && { remarks }) }
}
