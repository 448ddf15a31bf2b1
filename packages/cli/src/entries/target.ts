import { isIP } from 'node:net'
import { canonicalIp, type ChangeableKey } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'

export interface TargetFlags {
  host?: string
  group?: string
  pipeline?: string
}

/** What is meant: the entries of a host or a group, or a pipeline. Throws `settings_invalid` where that is not one of them. */
export function targetOf({ host, group, pipeline }: TargetFlags): ChangeableKey {
  const given = [host, group, pipeline].filter((name) => name !== undefined)
  if (given.length > 1 && pipeline !== undefined) {
    throw new LogpipeError('settings_invalid', 'Give --host, --group or --pipeline, one of them.')
  }
  if (given.length !== 1) {
    throw new LogpipeError('settings_invalid', 'Whose entries? Give --host IP or --group NAME, one of both.')
  }
  if (pipeline !== undefined) return { kind: 'pipeline', name: pipeline }
  if (group !== undefined) return { kind: 'group', name: group }
  const ip = host ?? ''
  if (isIP(ip) !== 0) return { kind: 'host', ip: canonicalIp(ip) }
  const todo = 'give the address by which its agent is known (logctl agents shows it)'
  throw new LogpipeError('settings_invalid', `--host is '${ip}', which is no IP address; ${todo}.`)
}

/** As people call it: `host 10.0.0.7`, `pipeline nginx`. */
export function nameOf(target: ChangeableKey): string {
  return target.kind === 'host' ? `host ${target.ip}` : `${target.kind} ${target.name}`
}

/** What stands there, in a sentence: `the entries of host 10.0.0.7`, `the pipeline nginx`. */
export function contentOf(target: ChangeableKey): string {
  return target.kind === 'pipeline' ? `the ${nameOf(target)}` : `the entries of ${nameOf(target)}`
}

/** That nothing stands there, as a sentence without its end. */
export function absenceOf(target: ChangeableKey): string {
  return target.kind === 'pipeline'
    ? `There is no ${nameOf(target)} in etcd`
    : `There are no entries of ${nameOf(target)}`
}

/** The commands that look at it and change it. */
export function commandsOf(target: ChangeableKey): string {
  return target.kind === 'pipeline' ? 'logctl pipelines' : 'logctl entries'
}
