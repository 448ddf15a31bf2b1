import { sleep } from '@logpipe/runtime'
import { randomName, runProgram, waitFor } from '@logpipe/testkit'
import { cpuSeconds } from '../lib/cpu.ts'
import { listenerPid } from '../lib/listener.ts'
import { median } from '../lib/report.ts'
import { Scope } from '../lib/scope.ts'
import type { Lab } from './lab.ts'
import { startProcesses } from './processes.ts'
import { ProgressTail } from './progress-tail.ts'

/** What a process of simulated agents says at its end. */
export interface ProgressCounts {
  written: number
  failed: number
}

export interface ProgressFigures {
  agents: number
  seconds: number
  recordsPerSecond: number
  /** Compressed, as the broker keeps it. */
  bytesPerSecond: number
  /** Of one core; null where no broker of this machine was found. At rest: before the first agent. */
  brokerCpu: number | null
  brokerCpuAtRest: number | null
  /** What the topic holds after that time. */
  held: { records: number; bytes: number }
  /** `logctl files --json`, from its start to its end. */
  filesMs: number
}

const restMs = 8_000
const startMs = 60_000
/** Well before a segment can be closed and compacted. */
const lookMs = 15_000
const listings = 3
/** Rows that each agent's record names. */
const namedFiles = 50

/** What the progress of so many busy agents costs Kafka over a stretch at their usual pace, and how long all of it takes to be read. */
export async function measureProgress(lab: Lab, agents: number, seconds: number): Promise<ProgressFigures> {
  const { cluster, brokers, signal } = lab
  const topic = randomName('bench_progress')
  const scope = new Scope()
  scope.after(() => cluster.deleteTopic(topic, AbortSignal.timeout(30_000)))
  try {
    const broker = listenerPid(Number(brokers[0]?.slice(brokers[0].lastIndexOf(':') + 1)))
    const brokerCpuAtRest = await cpuWhile(broker, () => sleep(restMs, signal))
    const processes = startProcesses(scope, 'progress-child.ts', [brokers.join(','), topic], agents)
    await waitFor(() => cluster.partitionCount(topic, signal), { what: 'the topic', deadlineMs: startMs })
    const tail = await ProgressTail.open(cluster, topic, signal)
    const haveSaid = async (): Promise<boolean> => {
      await tail.catchUp(signal)
      if (tail.agents.size < agents) throw new Error(`${tail.agents.size} have`)
      return true
    }
    await waitFor(haveSaid, { what: `${agents} agents to say something`, deadlineMs: startMs, everyMs: 1_000 })
    const { records, bytes } = tail
    const began = performance.now()
    const brokerCpu = await cpuWhile(broker, async () => {
      for (let left = seconds * 1_000; left > 0; left -= lookMs) {
        await sleep(Math.min(left, lookMs), signal)
        await tail.catchUp(signal)
      }
    })
    const taken = (performance.now() - began) / 1_000
    const figures = {
      recordsPerSecond: (tail.records - records) / taken,
      bytesPerSecond: (tail.bytes - bytes) / taken,
    }
    const held = await ProgressTail.open(cluster, topic, signal)
    await held.catchUp(signal)
    const filesMs = await timeFiles(brokers, topic, agents)
    await tail.catchUp(signal)
    const printed = await Promise.all(processes.map((one) => one.stop()))
    await tail.catchUp(signal)
    verify(tail, agents, printed)
    return { agents, seconds, ...figures, brokerCpu, brokerCpuAtRest, held, filesMs }
  } finally {
    await scope.close()
  }
}

/** Part of a core that the process uses while the work goes on; null where there is no process. */
async function cpuWhile(pid: number | null, work: () => Promise<void>): Promise<number | null> {
  const [began, before] = [performance.now(), pid === null ? 0 : cpuSeconds(pid)]
  await work()
  return pid === null ? null : (cpuSeconds(pid) - before) / ((performance.now() - began) / 1_000)
}

/** Median of some; each must show the files of all agents. */
async function timeFiles(brokers: readonly string[], topic: string, agents: number): Promise<number> {
  const env = { LOGCTL_KAFKA: brokers.join(','), LOGCTL_PROGRESS_TOPIC: topic, LOGCTL_ETCD: undefined }
  const taken: number[] = []
  for (let i = 0; i < listings; i++) {
    const began = performance.now()
    const { code, stdout, stderr } = await runProgram('logctl', { args: ['files', '--json'], env })
    taken.push(performance.now() - began)
    const rows = stdout.split('\n').length - 1
    if (code !== 0 || rows !== agents * namedFiles) {
      throw new Error(`logctl files showed ${rows} of ${agents * namedFiles} files. ${stderr}`)
    }
  }
  return median(taken)
}

/** Throws unless all that the agents say they have written is there, each record once, and the last of each is its last word. */
function verify({ records, missing, agents: seen }: ProgressTail, agents: number, printed: readonly string[]): void {
  const counts = printed.map((text) => JSON.parse(text) as ProgressCounts)
  const sum = (name: keyof ProgressCounts): number => counts.reduce((all, count) => all + count[name], 0)
  const ended = [...seen.values()].filter(Boolean).length
  const isWhole = records === sum('written') && sum('failed') === 0 && missing === 0 && ended === agents
  if (isWhole) return
  const told = `${sum('written')} records written, ${sum('failed')} failed`
  throw new Error(
    `${told}; ${records} are there, ${missing} missing; ${ended} of ${agents} agents said their last word.`,
  )
}
