import { count, escapeControls, print, remark, table } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { countStates } from '../../fleet/count-states.ts'
import { type FleetMember, readFleet } from '../../fleet/fleet.ts'
import { jsonLine } from '../../output/json.ts'

/** `logctl agents`: who is alive, and how far each has come with its entries. */
export async function agents(flags: { json?: boolean }, { store, prefix, output }: StoreSession): Promise<void> {
  const fleet = await readFleet(store, prefix)
  if (flags.json === true) {
    await print(output, fleet.map((member) => jsonLine(agentObject(member))).join(''))
    return
  }
  const numbers = ['APPLIED', 'FAILED', 'PENDING'].map((title) => ({ title, number: true }))
  const texts = ['AGENT', 'HOST', 'IP', 'VERSION', 'STARTED'].map((title) => ({ title }))
  const rows = fleet.map((member) => {
    const { id, host, ip, version, started, labels, applied, failed, pending, omitted } = agentObject(member)
    const shown = Object.entries(labels).map((label) => label.join('='))
    return [
      ...[id, host, ip, version, started].map(escapeControls),
      `${count(applied)}${omitted > 0 ? '+' : ''}`,
      ...[failed, pending].map(count),
      escapeControls(shown.join(' ')),
    ]
  })
  await print(output, table([...texts, ...numbers, { title: 'LABELS' }], rows))
  const total = fleet.length
  remark(output, total === 0 ? 'No agent is registered in etcd.' : `${count(total)} alive.`)
}

function agentObject({
  registration,
  status,
}: FleetMember): FleetMember['registration'] & ReturnType<typeof countStates> & { omitted: number } {
  return { ...registration, ...countStates(status?.entries ?? []), omitted: status?.omitted ?? 0 }
}
