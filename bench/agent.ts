/**
 * File → Kafka by logagent, as a user runs it: registry, idempotence and acks=all on; beside kcat and rsyslog on the same file, in turn.
 * Every round is read back from the broker and compared. bench/agent/method.ts says what each clock covers.
 *
 *   --quick      1 million lines a round instead of 4.75 million (1 GiB); quiet files are watched for 20 s instead of 60
 *   --only LIST  some kinds: plain,zstd,multiline,regex,gbk,files100,quiet10k,registry100k,heap
 *   --lines N    lines a round        --rounds N  counted rounds (3)
 *   --page FILE  the run as a page    --json      one JSON object as the last line
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import { testServers } from '@logpipe/testkit'
import { runCommand } from '../scripts/shared/command.ts'
import { stopSignal } from '../scripts/shared/stop-signal.ts'
import { barRows } from './agent/bars.ts'
import { parseKinds } from './agent/kinds.ts'
import { clocks } from './agent/method.ts'
import { renderPage } from './agent/page.ts'
import { runAll } from './agent/run.ts'
import { summarize } from './agent/summary.ts'
import { contestantRows, describeHeap, heapRows } from './agent/tables.ts'
import { lineBytes } from './lib/access-log.ts'
import { printJson, printTable } from './lib/report.ts'
import { withBenchFolder } from './lib/bench-folder.ts'

const deadlineMs = 3 * 3_600_000
const signal = AbortSignal.any([stopSignal(), AbortSignal.timeout(deadlineMs)])

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean' },
      only: { type: 'string' },
      lines: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      page: { type: 'string' },
    },
  })
  const lines = Number(values.lines ?? (values.quick ? 1_000_000 : Math.floor(2 ** 30 / lineBytes)))
  const rounds = Number(values.rounds)
  const only = parseKinds(values.only)
  if (!Number.isSafeInteger(lines) || lines < 1_000 || !Number.isSafeInteger(rounds) || rounds < 1) {
    console.error('--lines must be a number from 1,000 on, --rounds one from 1 on.')
    return 2
  }
  const { kafkaBrokers } = testServers()
  const loadBefore = loadavg()[0] ?? 0
  const cluster = new Cluster({ brokers: kafkaBrokers, clientId: 'bench' })
  try {
    const run = await withBenchFolder((folder) =>
      runAll(
        { cluster, brokers: kafkaBrokers, folder, signal },
        { only, lines, rounds, quietSeconds: values.quick ? 20 : 60 },
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
    if (values.page !== undefined) {
      const { notes, opponents } = run
      writeFileSync(values.page, renderPage({ summary, heap, notes, lines, rounds, opponents, loadBefore }))
    }
    printJson(summary)
    return run.failed ? 1 : 0
  } finally {
    await cluster.close().catch((error: unknown) => console.error(describeError(error)))
  }
}, signal)
