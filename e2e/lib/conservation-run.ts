import assert from 'node:assert/strict'
import { describeError } from '@logpipe/runtime'
import type { Stack } from '@logpipe/stack'
import {
  assertConserved,
  countDocuments,
  type Daemon,
  LogDir,
  Oracle,
  randomRun,
  readIndexLines,
  readTopicLines,
  type Scope,
  startAgent,
  startTransfer,
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
const linesPerFile = 10_000
const topic = 'app_log'
const dataStream = 'logs-app_log-default'
const deliverMs = 90_000
const freshMs = 10_000

/**
 * Writes 200,000 lines into 20 files, with rotation, while the faults strike; then asserts that the index holds each line once,
 * in order, that the topic misses none, and that a fresh line arrives within 10 s.
 */
export async function conservationRun(scope: Scope, stack: Stack, faults: readonly Fault[]): Promise<void> {
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
  const fleet = new WriterFleet(scope, dir, { run, files, linesPerFile, durationMs: 45_000, rotateEveryMs: 12_000 })

  await writeUnderFaults(fleet, faults, parts)
  await Promise.all([agent.ready(), transfer.ready()])
  await delivered(node, fleet.total, parts)

  const oracle = new Oracle(run)
  fleet.expect(oracle)
  assertConserved(await oracle.check(readIndexLines({ node, index: dataStream })))
  const topicOracle = new Oracle(run)
  fleet.expect(topicOracle)
  assertConserved(await topicOracle.check(readTopicLines({ brokers, topic })), { copiesAllowed: true })

  fleet.writeOne()
  const found = async (): Promise<boolean> => (await countDocuments(node, dataStream)) === fleet.total + 1
  await waitFor(found, { what: 'a fresh line to be searchable', deadlineMs: freshMs, everyMs: 100 })
}

async function writeUnderFaults(fleet: WriterFleet, faults: readonly Fault[], parts: RunParts): Promise<void> {
  const stop = new AbortController()
  const writing = fleet.write(stop.signal)
  try {
    for (const { at, strike } of faults) {
      const due = (): boolean => fleet.written >= at * fleet.total
      await waitFor(due, { what: `${at * 100} % of the lines to be written`, deadlineMs: 60_000 })
      assert.ok(fleet.written < fleet.total, 'every fault strikes while lines are written')
      await strike(parts)
    }
  } catch (error) {
    stop.abort()
    throw error
  } finally {
    await writing
  }
}

/** Waits until the index holds as many documents as lines were written; says how far it came where it does not. */
async function delivered(node: string, total: number, { agent, transfer }: RunParts): Promise<void> {
  const look = async (): Promise<true> => {
    const documents = await countDocuments(node, dataStream)
    if (documents >= total) return true
    throw new Error(`${documents} of ${total} documents`)
  }
  try {
    await waitFor(look, { what: 'all lines to be in the index', deadlineMs: deliverMs, everyMs: 500 })
  } catch (cause) {
    const last = (program: Daemon): string => `${program.name} printed last:\n${program.output.slice(-3_000)}`
    throw new Error(`${describeError(cause)}\n${last(agent)}\n${last(transfer)}`, { cause })
  }
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
