// Run by simulated-fleet.ts, several at once: agents that only talk to etcd, until SIGTERM.
import process from 'node:process'
import { openEtcdStore, type Registration } from '@logpipe/config'
import { createMetrics, Duties, silentLogger, systemClock } from '@logpipe/runtime'
import { compilePlan, emptyPlan } from '../../packages/agent/src/plan/compile.ts'
import { Fleet } from '../../packages/agent/src/plan/fleet.ts'
import { Selector } from '../../packages/agent/src/plan/selection.ts'
import { label, simulatedId, simulatedIp } from './simulated-fleet.ts'

const [endpoints = '', prefix = '', first = '0', count = '0'] = process.argv.slice(2)
const stop = new AbortController()
const duties = new Duties({ log: silentLogger, metrics: createMetrics('simulated') })
process.once('SIGTERM', () => stop.abort())

async function simulate(number: number): Promise<void> {
  const id = simulatedId(number)
  const ip = simulatedIp(number)
  const labels = { role: label, rack: String(number % 40) }
  const registration: Registration = {
    id,
    host: id,
    ip,
    ips: [ip],
    labels,
    version: '0.0.0',
    pid: process.pid,
    address: '127.0.0.1:9600',
    started: new Date().toISOString(),
  }
  const store = await openEtcdStore({ endpoints: endpoints.split(',') })
  let plan = emptyPlan
  const fleet: Fleet = new Fleet({
    store,
    prefix,
    selector: new Selector(prefix, { id, hostname: id, ips: [ip], labels }),
    agent: { ledger: { plan: null } as never, scans: 0, leftOf: () => new Map() },
    clock: systemClock,
    log: silentLogger,
    duties,
    registration,
    leaseMs: 30_000,
    // Nobody asks; waiting for requests is part of what an agent costs.
    preview: () => Promise.reject(new Error('A simulated agent has no files.')),
    apply: ({ entries }) => {
      const specs = entries.map(({ spec }) => spec)
      plan = compilePlan(specs, plan)
      // As after the scan that a real agent makes at once.
      setImmediate(() => fleet.scanned(plan, []))
      return plan
    },
  })
  await fleet.run(stop.signal)
  await fleet.close()
}

await Promise.all(Array.from({ length: Number(count) }, (_, i) => simulate(Number(first) + i)))
