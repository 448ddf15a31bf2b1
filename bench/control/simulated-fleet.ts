import { AgentStatus, keysOf } from '@logpipe/config'
import { waitFor } from '@logpipe/testkit'
import type { Scope } from '../lib/scope.ts'
import type { Lab } from './lab.ts'
import { startProcesses } from './processes.ts'

/** The label `role` of all of them. */
export const label = 'simulated'
const startMs = 90_000

export function simulatedId(number: number): string {
  return `sim-${String(number).padStart(5, '0')}`
}

export function simulatedIp(number: number): string {
  return `10.100.${Math.floor(number / 250)}.${(number % 250) + 1}`
}

/** Starts so many simulated agents; resolves when all are registered. They end with the scope. */
export async function startSimulatedFleet(scope: Scope, lab: Lab, agents: number): Promise<void> {
  const { endpoints, prefix, store } = lab
  startProcesses(scope, 'fleet-child.ts', [endpoints.join(','), prefix], agents)
  const registered = async (): Promise<boolean> => {
    const { items } = await store.list(keysOf(prefix, 'agent'))
    if (items.length < agents) throw new Error(`there are ${items.length}`)
    return true
  }
  await waitFor(registered, { what: `${agents} agents to be registered`, deadlineMs: startMs, everyMs: 250 })
}

/** Waits until each of so many agents reports that all of this revision, and something at all, is applied. */
export async function untilApplied({ prefix, store }: Lab, agents: number, revision: number): Promise<void> {
  const isApplied = (text: string): boolean => {
    const { entries } = AgentStatus.parse(JSON.parse(text))
    const isRow = entries.every(({ state, applied }) => state === 'APPLIED' && (applied ?? 0) >= revision)
    return entries.length > 0 && isRow
  }
  const look = async (): Promise<boolean> => {
    const { items } = await store.list(keysOf(prefix, 'status'))
    const applied = items.filter(({ value }) => isApplied(value)).length
    if (applied < agents) throw new Error(`${applied} have applied it`)
    return true
  }
  await waitFor(look, { what: `${agents} agents to apply revision ${revision}`, deadlineMs: startMs, everyMs: 200 })
}
