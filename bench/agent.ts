/**
 * File → Kafka by logagent, as a user runs it: registry, idempotence and acks=all on; beside kcat and rsyslog on the same file, in turn.
 * Every round is read back from the broker and compared. bench/agent/method.ts says what each clock covers.
 *
 *   --quick      1 million lines a round instead of 4.75 million (1 GiB); quiet files are watched for 20 s instead of 60
 *   --only LIST  some kinds: plain,zstd,multiline,regex,gbk,files100,quiet10k,registry100k,heap
 *   --lines N    lines a round        --rounds N  counted rounds (5)
 *   --page FILE  the run as a page    --json      one JSON object as the last line
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import { testServers } from '@logpipe/testkit'
import { runCommand } from '../scripts/shared/command.ts'
import { stopSignal } from '../scripts/shared/stop-signal.ts'
import { barRows } from './agent/bars.ts'
import { kinds } from './agent/kinds.ts'
import { clocks } from './agent/method.ts'
import { renderPage } from './agent/page.ts'
import { runAll } from './agent/run.ts'
import { summarize } from './agent/summary.ts'
import { contestantRows, describeHeap, heapRows } from './agent/tables.ts'
import { lineBytes } from './lib/access-log.ts'
import { benchFlags } from './lib/flags.ts'
import { printJson, printTable } from './lib/report.ts'
import { withBenchFolder } from './lib/bench-folder.ts'

const deadlineMs = 3 * 3_600_000
const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(deadlineMs)])

await runCommand(async () => {
  const flags = benchFlags(kinds, {
    lines: { usual: Math.floor(2 ** 30 / lineBytes), quick: 1_000_000, least: 1_000 },
    rounds: { usual: 5, least: 1 },
  })
  if (flags === null) return 2
  const { quick, only, page, figures } = flags
  const { lines, rounds } = figures
  const { kafkaBrokers } = testServers()
  const loadBefore = loadavg()[0] ?? 0
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
  try {
    const run = await withBenchFolder((folder) =>
      runAll(
        { cluster, brokers: kafkaBrokers, folder, signal },
        { only, lines, rounds, quietSeconds: quick ? 20 : 60 },
      ),
    )
    const summary = summarize(run.results)
    const { heap } = run.results
    console.log('')
    printTable(contestantRows(summary))
    if (heap !== null) {
      console.log(`\n${describeHeap(heap)}`)
      printTable(heapRows(heap))
    }
    console.log('')
    printTable(barRows(summary))
    console.log(`\n${clocks.join('\n')}`)
    if (run.notes.length > 0) console.log(`\n${run.notes.join('\n')}`)
    if (page !== undefined) {
      const { notes, opponents } = run
      writeFileSync(page, renderPage({ summary, heap, notes, lines, rounds, opponents, loadBefore }))
    }
    printJson(summary)
    return run.failed ? 1 : 0
  } finally {
    await cluster.close().catch((error: unknown) => console.error(describeError(error)))
  }
}, signal)
