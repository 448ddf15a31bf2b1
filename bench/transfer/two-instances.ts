import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { sleep } from '@logpipe/runtime'
import { spawnTied } from '@logpipe/stack'
import { type Daemon, randomName, startTransfer } from '@logpipe/testkit'
import { BareClient } from '../lib/elasticsearch.ts'
import { nginxLine } from '../lib/nginx-log.ts'
import { produceLines } from '../lib/records.ts'
import { Scope } from '../lib/scope.ts'
import { clockWork } from './clock.ts'
import { type Lab, type Round, partitions } from './lab.ts'
import { nginxPipeline } from './logtransfer.ts'
import { runPartTime } from './part-time.ts'

const deleteMs = 30_000
const assignMs = 60_000

/** With fewer processors than this, the broker and the server that takes everything would have to share those of two instances. */
const enoughProcessors = 4
/** Of a processor, for each instance, where there are fewer. */
const part = 0.125

/**
 * A round of `count` instances of one group that parse nginx lines; what they send to takes everything at once, so that only they have
 * work. Each has a processor of its own, as on a host of its own; on a small machine, a part of one. They have their partitions before
 * the first line is there. Each has the same number of lines to do, however many they are: what a process needs to get under way (its code
 * compiled, its connections made) then weighs the same in both rounds.
 */
export async function instancesRound(lab: Lab, count: 1 | 2): Promise<Round> {
  const { cluster, signal } = lab
  const documents = lab.documents * count
  const scope = new Scope()
  const topic = randomName('bench_scale')
  try {
    await cluster.ensureTopic(topic, { partitions, replication: 'auto' }, signal)
    const server = await startNullServer(scope)
    const daemons = await Promise.all(
      Array.from({ length: count }, (_, index) => startInstance(lab, scope, { topic, index, url: server.url })),
    )
    await untilAssigned(daemons, partitions / count, signal)
    await produceLines(cluster, topic, documents, signal, nginxLine)
    const pids = daemons.map(({ pid }) => pid as number)
    if (hasTooFew()) scope.after(runPartTime(pids, part))
    await server.client.request('POST', '/bench/begin')
    const items = async (): Promise<number> => Number((await server.client.request('GET', '/bench/items')).toString())
    const work = {
      total: documents,
      count: items,
      pids,
      lastWords: () => daemons.find(({ running }) => !running)?.output ?? null,
    }
    const round = await clockWork(work, signal)
    await Promise.all(daemons.map((daemon) => daemon.stop()))
    const sent = await items()
    if (sent !== documents) throw new Error(`${count} instances sent ${sent} documents instead of ${documents}.`)
    return round
  } finally {
    await scope.close()
    await cluster.deleteTopic(topic, AbortSignal.timeout(deleteMs))
  }
}

/** How the instances were kept apart on this machine, in a sentence; null where each had a processor. */
export function scaleNote(one: Round): string | null {
  if (!hasTooFew()) return null
  return (
    `twoInstances: ${availableParallelism()} processors are too few for two instances, the broker and the server that takes everything, so each instance got ` +
    `${part * 100} % of the time of one, as the system counts it (stopped and continued every 40 ms, by turns); one alone had ${((one.cpuPerMillion * one.docsPerSec) / 1e6).toFixed(2)} of a processor.`
  )
}

function hasTooFew(): boolean {
  return availableParallelism() < enoughProcessors
}

async function startNullServer(scope: Scope): Promise<{ url: string; client: BareClient }> {
  const script = fileURLToPath(new URL('null-server.ts', import.meta.url))
  const child = spawnTied(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    deathSignal: 'SIGKILL',
  })
  scope.after(() => void child.kill('SIGKILL'))
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer]
  const url = `http://127.0.0.1:${line.toString().trim()}`
  const client = new BareClient(url)
  scope.after(() => client.close())
  return { url, client }
}

function startInstance(
  { brokers }: Lab,
  scope: Scope,
  { topic, index, url }: { topic: string; index: number; url: string },
): Promise<Daemon> {
  const settings = {
    kafka: { brokers, group: topic, topics: [topic] },
    elasticsearch: { nodes: [url] },
    routes: [{ topics: [topic], pipeline: 'nginx' }],
    ...nginxPipeline,
    setup: false,
    id: `bench-${index}`,
  }
  return startTransfer(scope, settings, canBind() ? { via: ['taskset', '--cpu-list', String(index)] } : {})
}

function canBind(): boolean {
  return availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0
}

async function untilAssigned(daemons: readonly Daemon[], each: number, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(assignMs)])
  for (;;) {
    const texts = await Promise.all(
      daemons.map(async ({ url }) => await (await fetch(`${url}/metrics`, { signal: deadline })).text()),
    )
    const assigned = texts.map((text) =>
      Number(/^logtransfer_assigned_partitions(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]),
    )
    if (assigned.every((number) => number === each)) return
    await sleep(200, deadline)
  }
}
