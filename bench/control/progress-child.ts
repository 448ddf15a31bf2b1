// Run by progress.ts, several at once: agents that only say how far their files are, until SIGTERM; then it prints how many records they wrote.
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { type FileProgress, loadSettings } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { createMetrics, silentLogger } from '@logpipe/runtime'
import { openProgress } from '../../packages/agent/src/progress/open.ts'
import type { ProgressCounts } from './progress.ts'
import { simulatedId, simulatedIp } from './simulated-fleet.ts'

/** More than a record names. */
const filesOfEach = 60
/** Bytes that a busy file grows by between two looks, at most. */
const growth = 1_000_000

const [brokers = '', topic = '', first = '0', count = '0'] = process.argv.slice(2)
const flags = { 'kafka.brokers': brokers, 'kafka.progressTopic': topic }
const loaded = loadSettings('agent', { env: {}, flags })
if (!loaded.ok) throw new Error(JSON.stringify(loaded))
const { settings } = loaded
const metrics = createMetrics('simulated')
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

/** All of them are written to all the time: each look finds something new at each. */
class BusyFiles {
  readonly #files: FileProgress[]

  constructor(number: number) {
    this.#files = Array.from({ length: filesOfEach }, (_, i) => ({
      path: `/var/log/shop-${number % 40}/service-${i}.log`,
      entry: 'services/app',
      topic: `app_log_${i % 5}`,
      identity: randomBytes(12).toString('base64url'),
      size: 0,
      read: 0,
      acked: 0,
      lagBytes: 0,
      state: 'active',
      reason: null,
    }))
  }

  look(): FileProgress[] {
    return this.#files.map((file) => {
      file.size += 1 + Math.floor(Math.random() * growth)
      file.read = file.size - Math.floor(Math.random() * Math.min(65_536, file.size - file.read))
      file.acked = file.read - Math.floor(Math.random() * Math.min(65_536, file.read - file.acked))
      return { ...file, lagBytes: file.size - file.acked }
    })
  }
}

async function simulate(number: number): Promise<void> {
  const id = simulatedId(number)
  const agent = { id, host: id, ip: simulatedIp(number) }
  const cluster = new Cluster({ brokers: brokers.split(','), clientId: settings.kafka.clientId })
  const files = new BusyFiles(number)
  const parts = { cluster, log: silentLogger, metrics }
  const progress = openProgress(settings, { agent, files: () => files.look() }, parts)
  await cluster.waitUntilUp(() => {}, stop.signal)
  await progress?.run(stop.signal)
  await progress?.close()
  await cluster.close()
}

await Promise.all(Array.from({ length: Number(count) }, (_, i) => simulate(Number(first) + i)))
const text = await metrics.text()
const counted = (name: string): number => Number(new RegExp(`^simulated_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? NaN)
const counts: ProgressCounts = {
  written: counted('progress_records_total'),
  failed: counted('progress_failures_total'),
}
console.log(JSON.stringify(counts))
