import type { Check } from '../check.ts'
import { type FleetMember, readFleet } from '../../fleet/fleet.ts'
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
      ...aheadFindings(fleet, now()),
    ]
    if (fleet.length === 0) {
      const todo = `Start agents with etcd.endpoints (and etcd.prefix ${prefix}) in their settings; without it they collect what their files say.`
      return [...findings, warning(`No agent is registered below ${prefix}/.`, todo)]
    }
    const versions = [...new Set(fleet.map(({ registration }) => registration.version))].toSorted()
    const alive = fleet.length === 1 ? '1 agent is' : `${fleet.length} agents are`
    findings.push(ok(`${alive} registered, version ${versions.join(', ')}.`))
    return findings
  },
}

/** Registrations say when an agent started, by its own clock. */
function aheadFindings(fleet: readonly FleetMember[], nowMs: number): Finding[] {
  return fleet.flatMap(({ registration: { id, host, started } }) => {
    const aheadMs = Date.parse(started) - nowMs
    if (!(aheadMs > 5_000)) return []
    return [
      warning(
        `Agent ${id} on ${host} says that it started ${Math.round(aheadMs / 1_000)} s from now: its clock is ahead of ours.`,
        'Let NTP set the clock of that host (timedatectl); the times of its lines are wrong until then.',
      ),
    ]
  })
}

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
