/**
 * How fast a change in etcd takes effect, and what a fleet of agents costs etcd and Kafka. bench/control/method.ts says what each clock covers.
 *
 *   --quick      30 edits instead of 100, 200 agents instead of 1,000
 *   --only LIST  some kinds: putToFirstLine,reconcile1000,agents1000,progress1000
 *   --edits N    --rounds N    --agents N    --seconds N    --json   one JSON object as the last line
 */
import { loadavg } from 'node:os'
import { openEtcdStore } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import { randomName, testServers } from '@logpipe/testkit'
import { runCommand } from '../scripts/shared/command.ts'
import { stopSignal } from '../scripts/shared/stop-signal.ts'
import { type AgentsFigures, measureAgents } from './control/agents.ts'
import { kinds } from './control/kinds.ts'
import type { Lab } from './control/lab.ts'
import { method } from './control/method.ts'
import { measureProgress } from './control/progress.ts'
import { putToFirstLine } from './control/put-to-first-line.ts'
import { reconcile } from './control/reconcile.ts'
import { barRows, phaseRows, progressRows } from './control/tables.ts'
import { attemptsOf, type Outcome } from './lib/attempts.ts'
import { withBenchFolder } from './lib/bench-folder.ts'
import { benchFlags } from './lib/flags.ts'
import { printJson, printTable } from './lib/report.ts'

const deadlineMs = 1_800_000
const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(deadlineMs)])

await runCommand(async () => {
  const flags = benchFlags(kinds, {
    edits: { usual: 100, quick: 30, least: 2 },
    rounds: { usual: 5, quick: 3, least: 1 },
    agents: { usual: 1_000, quick: 200, least: 1 },
    seconds: { usual: 60, quick: 20, least: 1 },
  })
  if (flags === null) return 2
  const { only, quick, figures } = flags
  const { edits, rounds, agents, seconds } = figures
  const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
  const prefix = `/${randomName('bench')}`
  const cluster = new Cluster({ brokers, clientId: 'bench' })
  const store = await openEtcdStore({ endpoints })
  const outcome: Outcome = { notes: [], failed: false }
  const attempt = attemptsOf(outcome, signal)
  console.log(`Load of the machine before: ${loadavg()[0]?.toFixed(2)}`)
  try {
    const results = await withBenchFolder(async (folder) => {
      const lab: Lab = { cluster, brokers, endpoints, store, prefix, folder, signal }
      const maybe = async <T>(kind: (typeof kinds)[number], work: () => Promise<T>): Promise<T | null> =>
        only.has(kind) ? await attempt(kind, work) : null
      return {
        put: await maybe('putToFirstLine', () => putToFirstLine(lab, edits)),
        reconciled: await maybe('reconcile1000', async () => reconcile(folder, rounds)),
        fleet: await maybe('agents1000', (): Promise<AgentsFigures> => measureAgents(lab, agents, quick ? 10 : 30)),
        progress: await maybe('progress1000', () => measureProgress(lab, agents, seconds)),
      }
    })
    console.log('')
    printTable(barRows(results))
    if (results.fleet !== null) {
      console.log('')
      printTable(phaseRows(results.fleet))
    }
    if (results.progress !== null) {
      console.log('')
      printTable(progressRows(results.progress))
    }
    console.log(`\n${method.join('\n')}`)
    if (outcome.notes.length > 0) console.log(`\n${outcome.notes.join('\n')}`)
    const { put, reconciled, fleet, progress } = results
    printJson({
      putToFirstLine: { p99Ms: whole(put?.p99Ms) },
      reconcile1000: { ms: whole(reconciled?.ms) },
      agents1000: { listMs: whole(fleet?.listMs) },
      progress1000: {
        recordsPerSecond: whole(progress?.recordsPerSecond),
        bytesPerSecond: whole(progress?.bytesPerSecond),
        filesMs: whole(progress?.filesMs),
      },
    })
    return outcome.failed ? 1 : 0
  } finally {
    await clean().catch((error: unknown) => console.error(describeError(error)))
    await store.close()
    await cluster.close()
  }

  async function clean(): Promise<void> {
    for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
  }
}, signal)

function whole(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms)
}
