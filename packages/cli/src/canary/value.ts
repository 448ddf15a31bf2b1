import { type HostSelector, parseGroup, type Standing } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'

/** A group's value as it was written: what of it is not ours to read stays as it is. */
export interface GroupText {
  selector: HostSelector
  entries: unknown
  canary?: { agents: string[]; entries: unknown }
}

/** The group that stands there. Throws `etcd_rejected` where there is none, `settings_invalid` where it is no such thing. */
export function groupTextOf({ target, key, value }: Standing): GroupText {
  const name = target.kind === 'group' ? target.name : key
  if (value === null) throw new LogpipeError('etcd_rejected', `There is no group ${name}.`)
  const group = readGroup(value, key)
  if (group !== null) return group
  throw new LogpipeError(
    'settings_invalid',
    `What stands at ${key} is no group; mend it first (logctl groups get ${name}).`,
  )
}

/** A group's value; null where it is none. Its entries need not be sound. */
export function readGroup(value: string, key: string): GroupText | null {
  return 'selector' in parseGroup(value, key) ? (JSON.parse(value) as GroupText) : null
}

/** The group with these canaries. */
export function withCanary(group: GroupText, canary: { agents: readonly string[]; entries: unknown }): string {
  return JSON.stringify({ ...group, canary })
}

/** The group without canaries, all with the canaries' entries. */
export function promoted({ canary, ...group }: GroupText): string {
  return JSON.stringify({ ...group, entries: canary?.entries })
}

/** The group without canaries, as it was. */
export function dropped(group: GroupText): string {
  return JSON.stringify({ ...group, canary: undefined })
}
