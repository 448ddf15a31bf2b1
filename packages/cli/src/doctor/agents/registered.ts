import type { Check } from '../check.ts'
import { type FleetMember, readFleet, readTransfers } from '../../fleet/fleet.ts'
import { type Finding, ok, unknown, warning } from '../finding.ts'
import type { EtcdPatient } from '../etcd/patient.ts'

/** Whether agents are alive, run one version, and start no later than now; and whether those whose addresses are known are registered. */
export const registered: Check<EtcdPatient> = {
  about: 'agents',
  name: 'registered',
  async look({ store, settings: { prefix }, agents, now }, signal) {
    const fleet = await readFleet(store, prefix)
    const findings: Finding[] = [
      ...(await Promise.all(agents.map((address) => addressFinding(address, fleet, signal)))),
      ...fleet.flatMap(({ registration }) => aheadFinding('Agent', registration, now()) ?? []),
    ]
    if (fleet.length === 0) {
      const todo = `Start agents with etcd.endpoints (and etcd.prefix ${prefix}) in their settings; without it they collect what their files say.`
      return [...findings, warning(`No agent is registered below ${prefix}/.`, todo)]
    }
    findings.push(aliveFinding('agent', fleet))
    return findings
  },
}

/** The same for transfers, which need no etcd: none is no fault. */
export const transfers: Check<EtcdPatient> = {
  about: 'transfers',
  name: 'registered',
  async look({ store, settings: { prefix }, now }) {
    const found = await readTransfers(store, prefix)
    if (found.length === 0) {
      return [
        unknown(`No transfer is registered below ${prefix}/; those without etcd in their settings are not seen here.`),
      ]
    }
    const ahead = found.flatMap(({ registration }) => aheadFinding('Transfer', registration, now()) ?? [])
    return [...ahead, aliveFinding('transfer', found)]
  },
}

function aliveFinding(kind: string, members: readonly { registration: { version: string } }[]): Finding {
  const versions = [...new Set(members.map(({ registration }) => registration.version))].toSorted()
  const alive = members.length === 1 ? `1 ${kind} is` : `${members.length} ${kind}s are`
  return ok(`${alive} registered, version ${versions.join(', ')}.`)
}

/** Registrations say when a program started, by its own clock; null: not later than now. */
function aheadFinding(kind: string, { id, host, started }: Started, nowMs: number): Finding | null {
  const aheadMs = Date.parse(started) - nowMs
  if (!(aheadMs > 5_000)) return null
  return warning(
    `${kind} ${id} on ${host} says that it started ${Math.round(aheadMs / 1_000)} s from now: its clock is ahead of ours.`,
    'Let NTP set the clock of that host (timedatectl); the times that it tells are wrong until then.',
  )
}

type Started = Pick<FleetMember['registration'], 'id' | 'host' | 'started'>

const askMs = 4_000

async function addressFinding(address: string, fleet: readonly FleetMember[], signal: AbortSignal): Promise<Finding> {
  let id: unknown
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(askMs)])
    id = ((await (await fetch(`${address}/files`, { signal: either })).json()) as { agent?: unknown } | null)?.agent
  } catch {
    return unknown(`The agent at ${address} does not answer.`, 'logctl status tells more.')
  }
  if (fleet.some(({ registration }) => registration.id === id)) return ok(`The agent at ${address} is registered.`)
  return warning(
    `The agent at ${address} answers and is not registered.`,
    'Is etcd in its settings, with the same prefix? Its log tells what keeps it from registering.',
  )
}
