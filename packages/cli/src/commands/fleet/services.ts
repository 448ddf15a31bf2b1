import { keysOf } from '@logpipe/config'
import { count, escapeControls, print, remark, table } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { readFleet } from '../../fleet/fleet.ts'
import { type ServiceInstance, serviceInstances } from '../../fleet/services.ts'
import { jsonLine } from '../../output/json.ts'

export interface ServicesFlags {
  service?: string
  host?: string
  json?: boolean
}

/** `logctl services`: what applications registered, and how far its agents are with it. Resolves to whether all of it could be used. */
export async function services(flags: ServicesFlags, { store, prefix, output }: StoreSession): Promise<boolean> {
  const [{ items }, fleet] = await Promise.all([store.list(keysOf(prefix, 'service')), readFleet(store, prefix)])
  const isMeant = ({ service, host }: ServiceInstance): boolean =>
    (flags.service === undefined || service === flags.service) && (flags.host === undefined || host === flags.host)
  const found = serviceInstances(items, prefix, fleet).filter(isMeant)
  const problems = found.flatMap(problemsOf)
  if (flags.json === true) await print(output, found.map(jsonLine).join(''))
  else if (found.length === 0) remark(output, 'No service is registered in etcd.')
  else await print(output, `${table(columns, found.flatMap(rowsOf))}${problems.map((one) => `! ${one}\n`).join('')}`)
  return problems.length === 0
}

const columns = [
  { title: 'SERVICE' },
  { title: 'INSTANCE' },
  { title: 'HOST' },
  { title: 'LEASE' },
  { title: 'ENTRIES', number: true },
  { title: 'AGENT' },
  { title: 'STATE' },
]

/** A row for each agent that is meant: there may be more than one on a host, or none. */
function rowsOf({ service, instance, host, lease, entries, agents }: ServiceInstance): string[][] {
  const own = [service, instance, host ?? '-', lease ?? 'none'].map(escapeControls)
  const nobody = { agent: '-', state: host === null ? 'cannot be read' : 'no live agent is there' }
  return (agents.length === 0 ? [nobody] : agents).map(({ agent, state }) => [
    ...own,
    count(entries),
    escapeControls(agent),
    state,
  ])
}

function problemsOf({ service, instance, faults, agents }: ServiceInstance): string[] {
  const name = `${service}/${instance}`
  const wrong = faults.map(({ path, message }) => `${name}: ${path} ${message}`)
  // What is wrong with the value, agents tell too, under its key.
  const failed = agents.flatMap(({ agent, errors }) =>
    errors
      .filter(({ entry }) => entry.startsWith(`${name}/`))
      .map(({ entry, error }) => `${entry}: ${agent}: ${error}`),
  )
  return [...wrong, ...failed].map(escapeControls)
}
