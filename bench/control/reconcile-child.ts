// Run by reconcile.ts in a process of its own: makes a plan of the key that it is given, runs it, changes one entry, and prints how long both took.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createMetrics, silentLogger, systemClock } from '@logpipe/runtime'
import { Agent } from '../../packages/agent/src/agent.ts'
import { MemoryKafka } from '../../packages/agent/src/deliver/memory.ts'
import { AgentEvents } from '../../packages/agent/src/events.ts'
import { compilePlan, emptyPlan, type Plan } from '../../packages/agent/src/plan/compile.ts'
import { Selector } from '../../packages/agent/src/plan/selection.ts'
import { SqliteRegistry } from '../../packages/agent/src/registry/sqlite/registry.ts'
import { loadSettings, type StoreItem } from '@logpipe/config'
import type { Reconciled } from './reconcile.ts'

const [valueFile = '', dataDir = '', ip = ''] = process.argv.slice(2)
const key = `/logpipe/collect/hosts/${ip}`
const value = readFileSync(valueFile, 'utf8')
const loaded = loadSettings('agent', { env: {}, flags: { 'kafka.brokers': '127.0.0.1:9092' } })
if (!loaded.ok) throw new Error(JSON.stringify(loaded))
const { discover, read, registry: keeping, kafka, deadLetter } = loaded.settings

let ran = Promise.withResolvers<Plan>()
const registry = SqliteRegistry.open(dataDir, silentLogger)
const agent = new Agent({
  registry,
  sender: new MemoryKafka(),
  events: new AgentEvents(silentLogger, createMetrics('logagent')),
  clock: systemClock,
  origin: { host: 'bench', ip },
  limits: {
    ...discover,
    ...read,
    ...keeping,
    batchBytes: kafka.batchBytes,
    deadLetterSuffix: deadLetter.topicSuffix,
    maxInFlightBytes: kafka.maxInFlightBytes,
    lingerMs: kafka.lingerMs,
  },
  scanned: (plan) => {
    if (plan === wanted) ran.resolve(plan)
  },
})
await agent.ledger.load()
const selector = new Selector('/logpipe', { id: 'bench', hostname: 'bench', ips: [ip], labels: {} })
let wanted = emptyPlan

/** Milliseconds until a plan of this value runs, and how many entries of it do. */
async function apply(text: string, modRevision: number): Promise<{ ms: number; plan: Plan }> {
  ran = Promise.withResolvers()
  const began = performance.now()
  const item: StoreItem = { key, value: text, modRevision }
  const { entries } = selector.select(new Map([[key, item]]))
  wanted = compilePlan(
    entries.map(({ spec }) => spec),
    wanted,
  )
  wanted = agent.apply(wanted)
  const plan = await ran.promise
  return { ms: performance.now() - began, plan }
}

const stop = new AbortController()
const running = agent.run(stop.signal)
const first = await apply(value, 7)
const files = [...agent.files()].length
const edited = (JSON.parse(value) as Record<string, unknown>[]).map((entry, i) =>
  i === 500 ? { ...entry, tags: ['x'] } : entry,
)
const second = await apply(JSON.stringify(edited), 8)
const kept = second.plan.entries.filter((entry) => first.plan.entries.includes(entry)).length
const reconciled: Reconciled = { ms: first.ms, changeMs: second.ms, entries: first.plan.entries.length, files, kept }
console.log(JSON.stringify(reconciled))
stop.abort()
await running
await agent.stop(AbortSignal.timeout(5_000))
