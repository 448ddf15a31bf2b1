import { once } from 'node:events'
import process from 'node:process'
import type { Compression } from '@logpipe/kafka'
import { type FoundProgram, findDebianProgram, spawnTied } from '@logpipe/stack'
import { countRecords, verifyTopic } from '../lib/verify-topic.ts'
import { type Lab, withTopic } from './lab.ts'
import type { Round } from './round.ts'
import { type Workload, originFromContent, tallyOf } from './workload.ts'

/** Stands for the offset of each line: of as many digits as most have in 1 GiB. */
const offsetHeader = 'offset=123456789'
/** bash prints this and the CPU seconds of what it ran, user and system, into stderr. */
const cpuMark = 'bench-cpu-seconds'

/** kcat, as installed or from Debian's packages. */
export async function findKcat(signal: AbortSignal): Promise<FoundProgram> {
  const kcat = { name: 'kcat', packages: ['kcat'], path: 'usr/bin/kcat', withDependencies: true }
  return await findDebianProgram(kcat, { onProgress: (text) => console.log(`kcat: ${text}`), signal })
}

/**
 * A round of kcat on the same file, each message with the same headers, so that the broker gets the same bytes. The clock runs
 * from its start to its end, which is when all is acknowledged. It reads no further and keeps no position. Then every message
 * is read back and compared.
 */
export async function kcatRound(
  lab: Lab,
  { program, env }: FoundProgram,
  workload: Workload,
  { compression, source }: { compression: Compression; source: string },
): Promise<Round> {
  const [file] = workload.files
  if (file === undefined || workload.files.length > 1) throw new Error('kcat gets one file.')
  return await withTopic(lab, workload.files, async ({ topic }) => {
    const settings = ['acks=all', 'enable.idempotence=true', `compression.codec=${compression}`]
    const args = ['-P', '-b', lab.brokers.join(','), '-t', topic, '-l', file]
    for (const setting of settings) args.push('-X', setting)
    args.push('-H', `source=${source}`, '-H', offsetHeader)
    const startedMs = performance.now()
    const cpu = await runTimed(program, args, { ...process.env, ...env }, lab.signal)
    const seconds = (performance.now() - startedMs) / 1_000
    const { lines } = workload
    const found = await countRecords(lab.cluster, topic, lab.signal)
    if (found !== lines) throw new Error(`kcat sent ${found} of ${lines} lines.`)
    await verifyTopic(lab.cluster, topic, tallyOf(workload, [file]), originFromContent(file), lab.signal)
    return { linesPerSec: lines / seconds, cpuPerMillion: (cpu / lines) * 1e6, rssMiB: null }
  })
}

/** Runs a program to its end under bash's `time` and resolves to its CPU seconds. Node.js does not tell those of one child. */
async function runTimed(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
  const script = `TIMEFORMAT='${cpuMark} %U %S'; time "$@"`
  const child = spawnTied('bash', ['-c', script, 'bash', program, ...args], {
    env: { ...env, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    deathSignal: 'SIGKILL',
  })
  // bash is not alone: it and kcat are a group of their own.
  const onAbort = (): void => void process.kill(-(child.pid as number), 'SIGKILL')
  signal.addEventListener('abort', onAbort, { once: true })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)))
  const [code] = (await once(child, 'close')) as [number | null]
  signal.removeEventListener('abort', onAbort)
  const cpu = cpuFromTime(said)
  if (code !== 0 || cpu === null) throw new Error(`kcat ended with ${code}. It said last:\n${said}`)
  return cpu
}

/** User and system seconds in what bash's `time` printed under our TIMEFORMAT; null where it did not. */
export function cpuFromTime(output: string): number | null {
  const match = new RegExp(`^${cpuMark} (\\d+\\.\\d+) (\\d+\\.\\d+)$`, 'm').exec(output)
  return match === null ? null : Number(match[1]) + Number(match[2])
}
