import assert from 'node:assert/strict'
import { describeError } from '@logpipe/runtime'
import type { Stack } from '@logpipe/stack'
import {
  assertConserved,
  countDocuments,
  type Daemon,
  type FoundLine,
  LogDir,
  Oracle,
  randomRun,
  readIndexLines,
  readTopicLines,
  type Scope,
  startAgent,
  startTransfer,
  type Verdict,
  waitFor,
} from '@logpipe/testkit'
import { WriterFleet } from './writers.ts'

/** What a fault may act on. */
export interface RunParts {
  stack: Stack
  agent: Daemon
  transfer: Daemon
  topic: string
}

/** Something that breaks when so much of the lines has been written. */
export interface Fault {
  /** Share of the lines, between 0 and 1. */
  at: number
  /** Resolves when the next fault may strike. */
  strike(parts: RunParts): Promise<void>
}

const files = 20
const usual = { linesPerFile: 10_000, durationMs: 45_000 }
const topic = 'app_log'
/** Where the lines end. */
export const dataStream = 'logs-app_log-default'
/** Share of the lines that may be written beyond the point at which a fault is due, until it has struck. */
const slack = 0.2
const deliverMs = 120_000
const freshMs = 10_000

/**
 * Writes 200,000 lines (or what `size` says) into 20 files, with rotation, while the faults strike; then asserts that the index
 * holds each line once, in order, that the topic misses none, and that a fresh line arrives within 10 s.
 */
export async function conservationRun(
  scope: Scope,
  stack: Stack,
  faults: readonly Fault[],
  size: typeof usual = usual,
): Promise<void> {
  const brokers = stack.addresses.kafka.brokers
  const [node = ''] = stack.addresses.elasticsearch.nodes
  const dir = LogDir.create(scope)
  const [agent, transfer] = await Promise.all([
    startAgent(scope, { kafka: { brokers }, entries: [{ path: dir.file('*.log'), topic }] }),
    startTransfer(scope, {
      // The shortest session Kafka allows: a killed member keeps its partitions that long.
      kafka: { brokers, group: 'transfer', topics: [topic], sessionTimeoutMs: 6_000 },
      elasticsearch: { nodes: [node] },
    }),
  ])
  const parts = { stack, agent, transfer, topic }
  const run = randomRun()
  const fleet = new WriterFleet(scope, dir, { run, files, ...size, rotateEveryMs: 12_000 })
  const judge = (lines: AsyncIterable<FoundLine>): Promise<Verdict> => {
    const oracle = new Oracle(run)
    fleet.expect(oracle)
    return oracle.check(lines)
  }
  const judgeTopic = (): Promise<Verdict> => judge(readTopicLines({ brokers, topic }))
  const arrived = (count: number, deadlineMs: number): Promise<number> =>
    waitFor(() => atLeast(count, node), { what: `${count} documents in the index`, deadlineMs, everyMs: 200 })

  try {
    await writeUnderFaults(fleet, faults, parts)
    await Promise.all([agent.ready(), transfer.ready()])
    await arrived(fleet.total, deliverMs)
    assertConserved(await judge(readIndexLines({ node, index: dataStream })))
    assertConserved(await judgeTopic(), { copiesAllowed: true })
    fleet.writeOne()
    await arrived(fleet.total + 1, freshMs)
  } catch (error) {
    throw new Error(await account(error, parts, judgeTopic), { cause: error })
  }
}

async function writeUnderFaults(fleet: WriterFleet, faults: readonly Fault[], parts: RunParts): Promise<void> {
  const stop = new AbortController()
  // However slow the machine is and however long a fault takes, the next one strikes while lines are written.
  fleet.holdAt = 0
  const writing = fleet.write(stop.signal)
  try {
    for (const { at, strike } of faults) {
      fleet.holdAt = Math.min(0.98, at + slack)
      const due = (): boolean => fleet.written >= at * fleet.total
      await waitFor(due, { what: `${at * 100} % of the lines to be written`, deadlineMs: 60_000 })
      await strike(parts)
    }
    fleet.holdAt = 1
  } catch (error) {
    stop.abort()
    throw error
  } finally {
    await writing
  }
}

/** The documents that can be found, once they are so many; throws how many there are until then. */
async function atLeast(count: number, node: string): Promise<number> {
  const documents = await countDocuments(node, dataStream)
  if (documents < count) throw new Error(`there are ${documents}`)
  return documents
}

/** What is known when a run fails: whether the topic has the lines, what the agent says of its files, what both said last. */
async function account(error: unknown, parts: RunParts, judgeTopic: () => Promise<Verdict>): Promise<string> {
  const orReason = (reason: unknown): string => `not known (${describeError(reason)})`
  const topicVerdict = await judgeTopic().then((verdict) => JSON.stringify(verdict, null, 2), orReason)
  const filesNow = await parts.agent.get('/files').then(({ body }) => JSON.stringify(body), orReason)
  const transferMetrics = await metrics(parts.transfer).catch(orReason)
  const last = ({ name, output }: Daemon): string => `${name} printed last:\n${output.slice(-4_000)}`
  return [
    describeError(error),
    `The topic: ${topicVerdict}`,
    `The agent's files: ${filesNow}`,
    `The transfer's metrics:\n${transferMetrics}`,
    last(parts.agent),
    last(parts.transfer),
  ].join('\n')
}

/** What it counts itself; without what every Node process counts, and without distributions. */
async function metrics({ url }: Daemon): Promise<string> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) })
  const lines = (await response.text()).split('\n')
  return lines
    .filter((line) => line.startsWith('logtransfer_') && !/_(nodejs|process|build)_|_bucket/.test(line))
    .join('\n')
}

/** Kills the program the hard way and starts it again at once, without waiting until it is ready. */
export function killed(at: number, program: 'agent' | 'transfer'): Fault {
  return {
    at,
    strike: async (parts) => {
      const daemon = parts[program]
      assert.ok(daemon.running, `${program} runs until it is killed:\n${daemon.output.slice(-3_000)}`)
      await daemon.kill()
      await daemon.start()
    },
  }
}
