import { count, escapeControls, print, remark, table } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { countStates } from '../../fleet/count-states.ts'
import { readTransfers } from '../../fleet/fleet.ts'
import { jsonLine } from '../../output/json.ts'

/** `logctl transfers`: who is alive, and how far each has come with the pipelines of etcd. */
export async function transfers(flags: { json?: boolean }, { store, prefix, output }: StoreSession): Promise<void> {
  const members = (await readTransfers(store, prefix)).map(({ registration, status }) => ({
    ...registration,
    ...countStates(status?.pipelines ?? []),
    omitted: status?.omitted ?? 0,
  }))
  if (flags.json === true) {
    await print(output, members.map(jsonLine).join(''))
    return
  }
  const texts = ['TRANSFER', 'HOST', 'IP', 'GROUP', 'VERSION', 'STARTED'].map((title) => ({ title }))
  const numbers = ['APPLIED', 'FAILED', 'PENDING'].map((title) => ({ title, number: true }))
  const rows = members.map(({ id, host, ip, group, version, started, applied, failed, pending, omitted }) => [
    ...[id, host, ip, group, version, started].map(escapeControls),
    `${count(applied)}${omitted > 0 ? '+' : ''}`,
    ...[failed, pending].map(count),
  ])
  await print(output, table([...texts, ...numbers], rows))
  const total = members.length
  remark(output, total === 0 ? 'No transfer is registered in etcd.' : `${count(total)} alive.`)
}
