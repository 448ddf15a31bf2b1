/**
 * The whole pipeline on this one machine: files → logagent → Kafka → logtransfer → Elasticsearch, with the default settings of both
 * programs. First the bulk limit, at first and as it lasts (see bench/README.md); then lines are written at 0.81 × that rate for five minutes, and how far the
 * index is behind must stay flat; then at a quarter of it, and lines are searched for until they are found.
 *
 *   --quick      30 s and 15 s instead of 300 s and 60 s, a shorter look at the limit
 *   --seconds N  of the sustained rate         --json   one JSON object as the last line
 */
import { parseArgs } from 'node:util'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import { testServers } from '@logpipe/testkit'
import { runCommand } from '../scripts/shared/command.ts'
import { stopSignal } from '../scripts/shared/stop-signal.ts'
import { withBenchFolder } from './lib/bench-folder.ts'
import { BareClient } from './lib/elasticsearch.ts'
import { median, printJson, printTable, rounded } from './lib/report.ts'
import { measureLatency } from './pipeline/latency.ts'
import { lastingLimit } from './pipeline/limit.ts'
import { type Place, withPipeline } from './pipeline/running.ts'
import { sustain } from './pipeline/sustained.ts'
import { bareRound } from './transfer/bare-loop.ts'
import { warmUp } from './transfer/warm-up.ts'

const sustainedPart = 0.81
const latencyPart = 0.25
const deadlineMs = 3_600_000
const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(deadlineMs)])

await runCommand(async () => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean' }, seconds: { type: 'string' } },
  })
  const seconds = Number(values.seconds ?? (values.quick ? 30 : 300))
  if (!Number.isSafeInteger(seconds) || seconds < 20) {
    console.error('--seconds must be a number from 20 on.')
    return 2
  }
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
  const elasticsearch = new BareClient(node)
  try {
    await withBenchFolder(async (folder) => {
      const place: Place = { cluster, brokers: kafkaBrokers, elasticsearch, node, folder, signal }
      const burst = await bulkLimit(place, values.quick)
      const limit = await lastingLimit(place, values.quick ? 60 : 180)
      const linesPerSec = Math.round(limit * sustainedPart)
      console.log(
        `Bulk limit: ${said(burst)} documents/s at first, ${said(limit)} as it lasts. Writing ${said(linesPerSec)} lines/s for ${seconds} s …`,
      )
      const sustained = await withPipeline(place, linesPerSec / 2, (pipeline) =>
        sustain(pipeline, { linesPerSec, seconds }),
      )
      const quarter = Math.round(limit * latencyPart)
      console.log(`Writing ${said(quarter)} lines/s and searching for them …`)
      const latency = await withPipeline(place, quarter, (pipeline) =>
        measureLatency(pipeline, { linesPerSec: quarter, seconds: values.quick ? 15 : 60 }),
      )
      const vsBulkLimit = rounded(sustained.linesPerSec / limit)
      const p99Ms = Math.round(latency.p99Ms)
      const { lagBefore, lagAfter, isFlat, agentCpuPerMillion, transferCpuPerMillion } = sustained
      console.log('')
      printTable([
        ['figure', 'measured', 'asked', 'met'],
        ['lines/s sustained ÷ bulk limit', vsBulkLimit, '≥ 0.8', vsBulkLimit >= 0.8 ? 'yes' : 'NO'],
        ['the same ÷ the bulk limit at first', rounded(sustained.linesPerSec / burst), '', ''],
        ['p99 from append to found, ms', p99Ms, '≤ 2000', p99Ms <= 2_000 ? 'yes' : 'NO'],
        ['lag in the second quarter, lines', Math.round(lagBefore), '', ''],
        ['lag in the last quarter, lines', Math.round(lagAfter), 'flat', isFlat ? 'yes' : 'NO'],
        ['logagent, CPU-s per million', rounded(agentCpuPerMillion), '', ''],
        ['logtransfer, CPU-s per million', rounded(transferCpuPerMillion), '', ''],
      ])
      console.log(
        `\nLatency of ${latency.probes} lines, each searched for until found: p50 ${Math.round(latency.p50Ms)} ms, p99 ${p99Ms} ms, ` +
          `longest ${Math.round(latency.maxMs)} ms. The index is refreshed once a second.`,
      )
      printJson({ linesPerSec: rounded(sustained.linesPerSec), vsBulkLimit, p99Ms })
    })
    return 0
  } finally {
    elasticsearch.close()
    await cluster.close().catch((error: unknown) => console.error(describeError(error)))
  }
}, signal)

/** Documents a second of the bare loop on a server that is warm. The template is there by then. */
async function bulkLimit(place: Place, isQuick: boolean): Promise<number> {
  const lab = { ...place, topic: '', documents: isQuick ? 200_000 : 600_000 }
  await warmUp(lab, () => withPipeline(place, 10_000, () => Promise.resolve()))
  const rates: number[] = []
  for (let round = 0; round < (isQuick ? 1 : 3); round++) rates.push((await bareRound(lab, true)).docsPerSec)
  return median(rates)
}

function said(value: number): string {
  return rounded(value).toLocaleString('en')
}
