/**
 * Kafka → Elasticsearch by logtransfer, as a user runs it; beside the bulk limit (a bare loop of prepared bodies on the same server) and
 * rsyslog, in turn. Every round is accounted for. bench/transfer/method.ts says what each clock covers.
 *
 *   --quick      200,000 documents and one round instead of 600,000 and three
 *   --only LIST  some kinds: plain,nginx,rsyslog,decode,twoInstances
 *   --documents N   a round        --rounds N  counted rounds
 *   --page FILE  the run as a page    --json      one JSON object as the last line
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import { randomName, testServers } from '@logpipe/testkit'
import { runCommand } from '../scripts/shared/command.ts'
import { stopSignal } from '../scripts/shared/stop-signal.ts'
import { withBenchFolder } from './lib/bench-folder.ts'
import { BareClient } from './lib/elasticsearch.ts'
import { benchFlags } from './lib/flags.ts'
import { nginxLine } from './lib/nginx-log.ts'
import { produceLines } from './lib/records.ts'
import { printJson, printTable } from './lib/report.ts'
import { kinds } from './transfer/kinds.ts'
import { partitions } from './transfer/lab.ts'
import { method } from './transfer/method.ts'
import { renderPage } from './transfer/page.ts'
import { runAll } from './transfer/run.ts'
import { summarize } from './transfer/summary.ts'
import { barRows, contestantRows } from './transfer/tables.ts'

const deadlineMs = 2 * 3_600_000
const deleteMs = 30_000
const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(deadlineMs)])

await runCommand(async () => {
  const flags = benchFlags(kinds, {
    documents: { usual: 600_000, quick: 200_000, least: 50_000 },
    rounds: { usual: 3, quick: 1, least: 1 },
  })
  if (flags === null) return 2
  const { only, page, figures } = flags
  const { documents, rounds } = figures
  const { kafkaBrokers, elasticsearchNodes } = testServers()
  const node = elasticsearchNodes[0] as string
  const loadBefore = loadavg()[0] ?? 0
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
  const elasticsearch = new BareClient(node)
  const topic = randomName('bench_log')
  try {
    await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, signal)
    await produceLines(cluster, topic, documents, signal, nginxLine)
    const run = await withBenchFolder((folder) =>
      runAll({ cluster, brokers: kafkaBrokers, elasticsearch, node, folder, topic, documents, signal }, only, rounds),
    )
    const summary = summarize(run.results)
    console.log('')
    printTable(contestantRows(run.results))
    console.log('')
    printTable(barRows(summary))
    console.log(`\n${method.join('\n')}`)
    if (run.notes.length > 0) console.log(`\n${run.notes.join('\n')}`)
    if (page !== undefined) writeFileSync(page, renderPage({ summary, ...run, documents, rounds, loadBefore }))
    printJson(summary)
    return run.failed ? 1 : 0
  } finally {
    elasticsearch.close()
    await cluster
      .deleteTopic(topic, AbortSignal.timeout(deleteMs))
      .catch((error: unknown) => console.error(describeError(error)))
    await cluster.close().catch((error: unknown) => console.error(describeError(error)))
  }
}, signal)
