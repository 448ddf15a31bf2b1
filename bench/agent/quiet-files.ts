import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@logpipe/runtime'
import { startAgent } from '@logpipe/testkit'
import { lineBytes, writeAccessLog } from '../lib/access-log.ts'
import { cpuSeconds, residentMiB } from '../lib/cpu.ts'
import { ExpectedRecords } from '../lib/expected.ts'
import { Tally } from '../lib/tally.ts'
import { originFromHeaders, verifyTopic } from '../lib/verify-topic.ts'
import { type Lab, withTopic } from './lab.ts'
import { watch } from './logagent.ts'
import { untilRecords } from './round.ts'

export interface QuietFigures {
  /** CPU of the idle agent, percent of one core. */
  corePercent: number
  /** Resident memory after it. */
  rssMiB: number
}

export const quietFiles = 10_000
const filesPerFolder = 100
/** After the last line was acknowledged: positions are written, handles closed, and the agent comes to rest. */
const settleMs = 5_000

/** What logagent, with default settings, costs while it watches 10,000 files of 1 to 4 KiB that are read and do not grow. */
export async function quietRound(lab: Lab, seconds: number): Promise<QuietFigures> {
  const folder = join(lab.folder, 'quiet')
  try {
    const paths = await writeQuietFiles(folder)
    return await withTopic(lab, [], async ({ topic, scope }) => {
      const agent = await startAgent(scope, {
        kafka: { brokers: lab.brokers },
        entries: [{ path: join(folder, '*/*.log'), topic, id: 'bench' }],
      })
      const tally = new Tally(
        paths.map((path) => ({ path, records: ExpectedRecords.ofLines(readFileSync(path), lineBytes) })),
      )
      const collector = watch(agent)
      await untilRecords(lab, topic, collector, tally.count)
      await verifyTopic(lab.cluster, topic, tally, originFromHeaders(), lab.signal)
      await sleep(settleMs, lab.signal)
      const before = cpuSeconds(collector.pid)
      const startedMs = performance.now()
      await sleep(seconds * 1_000, lab.signal)
      const cpu = cpuSeconds(collector.pid) - before
      const corePercent = (cpu / ((performance.now() - startedMs) / 1_000)) * 100
      const words = collector.lastWords()
      if (words !== null) throw new Error(`logagent ended while it was idle. ${words}`)
      return { corePercent, rssMiB: residentMiB(collector.pid) }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeQuietFiles(folder: string): Promise<string[]> {
  const paths: string[] = []
  for (let index = 0; index < quietFiles; index++) {
    const parent = join(folder, `app-${Math.floor(index / filesPerFolder)}`)
    mkdirSync(parent, { recursive: true })
    const path = join(parent, `service-${index % filesPerFolder}.log`)
    // 5 to 18 lines of 226 bytes: 1.1 to 4 KiB.
    await writeAccessLog(path, 5 + (index % 14), index * 20)
    paths.push(path)
  }
  return paths
}
