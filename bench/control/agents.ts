import { buildKey } from '@logpipe/config'
import { sleep } from '@logpipe/runtime'
import { runProgram } from '@logpipe/testkit'
import { median } from '../lib/report.ts'
import { Scope } from '../lib/scope.ts'
import { between, type EtcdCounts, readEtcdCounts } from './etcd-counts.ts'
import type { Lab } from './lab.ts'
import { label, simulatedId, startSimulatedFleet, untilApplied } from './simulated-fleet.ts'

/** What happened, how long it took, and what it cost etcd. */
export interface Phase {
  name: string
  seconds: number
  etcd: EtcdCounts
}

export interface AgentsFigures {
  agents: number
  /** `logctl agents --json`, from its start to its end. */
  listMs: number
  phases: Phase[]
}

const services = 100
const listings = 5

/** What so many agents cost etcd: their start, rest, a change that concerns all, services that come and go; and how long it takes to list them. */
export async function measureAgents(lab: Lab, agents: number, restSeconds: number): Promise<AgentsFigures> {
  const { endpoints, prefix, store, signal } = lab
  const [endpoint = ''] = endpoints
  const scope = new Scope()
  const phases: Phase[] = []
  const phase = async (name: string, work: () => Promise<void>): Promise<void> => {
    const before = await readEtcdCounts(endpoint, signal)
    const began = performance.now()
    await work()
    const seconds = (performance.now() - began) / 1_000
    phases.push({ name, seconds, etcd: between(before, await readEtcdCounts(endpoint, signal)) })
    console.log(`${name}: ${seconds.toFixed(1)} s, etcd ${phases.at(-1)?.etcd.cpuSeconds.toFixed(1)} CPU-s`)
  }
  const putGroup = (topic: string): Promise<number> => {
    const entries = [{ id: 'app', path: '/var/log/app/*.log', topic }]
    const value = JSON.stringify({ selector: { role: label }, entries })
    return store.put(buildKey(prefix, { kind: 'group', name: 'simulated' }), value)
  }
  try {
    const first = await putGroup('first')
    await phase(`${agents} agents start`, async () => {
      await startSimulatedFleet(scope, lab, agents)
      await untilApplied(lab, agents, first)
    })
    await phase('they rest', () => sleep(restSeconds * 1_000, signal))
    await phase('a change of the group of all', async () => untilApplied(lab, agents, await putGroup('second')))
    await phase(`${services} services of other hosts start and stop`, async () => {
      for (let i = 0; i < services; i++) {
        const key = buildKey(prefix, { kind: 'service', service: 'shop', instance: `host-${i}:80` })
        const entries = [{ path: `/var/log/shop-${i}.log`, topic: 'shop' }]
        await store.put(key, JSON.stringify({ host: `10.200.0.${i}`, entries }))
        await store.delete(key)
      }
      // The last of the events is with all of them.
      await sleep(1_000, signal)
    })
    const listMs = await timeListing(lab, agents)
    return { agents, listMs, phases }
  } finally {
    await scope.close()
  }
}

/** Median of some; each must list all agents, with their entry applied. */
async function timeListing({ endpoints, prefix }: Lab, agents: number): Promise<number> {
  const env = { LOGCTL_ETCD: endpoints.join(','), LOGCTL_ETCD_PREFIX: prefix }
  const taken: number[] = []
  for (let i = 0; i < listings; i++) {
    const began = performance.now()
    const { code, stdout, stderr } = await runProgram('logctl', { args: ['agents', '--json'], env })
    taken.push(performance.now() - began)
    const rows = stdout.split('\n').filter((line) => line !== '')
    const listed = rows.map((line) => JSON.parse(line) as { id: string; applied: number })
    const isWhole =
      listed.length === agents && listed.every(({ id, applied }, n) => id === simulatedId(n) && applied === 1)
    if (code !== 0 || !isWhole) throw new Error(`logctl agents listed ${listed.length} of ${agents}. ${stderr}`)
  }
  return median(taken)
}
