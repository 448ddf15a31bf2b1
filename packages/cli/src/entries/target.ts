import { isIP } from 'node:net'
import type { ChangeableKey } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'

export interface TargetFlags {
  host?: string
  group?: string
}

/** Whose entries are meant. Throws `settings_invalid` where that is not one host or one group. */
export function targetOf({ host, group }: TargetFlags): ChangeableKey {
  if ((host === undefined) === (group === undefined)) {
    throw new LogpipeError('settings_invalid', 'Whose entries? Give --host IP or --group NAME, one of both.')
  }
  if (group !== undefined) return { kind: 'group', name: group }
  const ip = host ?? ''
  if (isIP(ip) !== 0) return { kind: 'host', ip }
  const todo = 'give the address by which its agent is known (logctl agents shows it)'
  throw new LogpipeError('settings_invalid', `--host is '${ip}', which is no IP address; ${todo}.`)
}

/** As people call it. */
export function nameOf(target: ChangeableKey): string {
  return target.kind === 'host' ? `host ${target.ip}` : `${target.kind} ${target.name}`
}
