import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '@logpipe/runtime'
import { KafkaProxy, TcpProxy, testServers } from '@logpipe/testkit'
import { withMovableClock } from '../lib/clock-shift.ts'
import { PipelineRun, type PipelineRunOptions } from '../lib/pipeline-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, isLong, timeout } from './figures.ts'

const brokers = testServers().kafkaBrokers
const latencyMs = 50
/** 1 Mbit/s. */
const bytesPerSecond = 125_000

interface Network {
  run: PipelineRun
  /** Between the programs and all that they talk to. */
  proxies: readonly TcpProxy[]
}

async function behindProxies(
  t: Parameters<typeof PipelineRun.start>[0],
  options: Partial<PipelineRunOptions> = {},
): Promise<Network> {
  const [node = ''] = testServers().elasticsearchNodes
  const kafka = await KafkaProxy.start(t, brokers)
  const elasticsearch = await TcpProxy.start(t, node)
  const run = await PipelineRun.start(t, {
    brokers,
    programBrokers: kafka.addresses,
    transferNode: `http://${elasticsearch.address}`,
    topicConfigs: {},
    ...options,
  })
  return { run, proxies: [...kafka.brokers, elasticsearch] }
}

test(
  `${latencyMs} ms and 1 Mbit/s between all of them, ${figures.slowLines} lines at once: every line is in the index once`,
  { timeout },
  async (t) => {
    const { run, proxies } = await behindProxies(t)
    const log = run.log('app.log')
    log.write(10)
    await run.indexed()
    for (const proxy of proxies) {
      proxy.setLatency(latencyMs)
      proxy.setBandwidth(bytesPerSecond)
    }
    log.write(figures.slowLines)
    await run.conserved()
  },
)

test(
  `connections reset and half-open ${figures.breaks} times under load: every line is in the index once`,
  { timeout },
  async (t) => {
    // Nothing but a deadline tells that a connection is half-open; that of a request to Kafka is 30 s.
    const { run, proxies } = await behindProxies(t, { elasticsearch: { requestTimeoutMs: 5_000 } })
    await whileWriting(run.filling(), async () => {
      for (let i = 0; i < figures.breaks; i++) {
        await run.goesOn()
        for (const proxy of proxies) {
          if (i % 2 === 0) proxy.reset()
          else proxy.strand()
        }
      }
      await run.goesOn(500)
    })
    await run.conserved()
  },
)

test(
  'the clock of agent and transfer eight hours ahead, an hour back, and right again under load: every line is in the index once',
  { timeout },
  async (t) => {
    const run = await PipelineRun.start(t, { brokers, topicConfigs: {}, env: withMovableClock([8, -1]) })
    await whileWriting(run.filling(), async () => {
      for (let i = 0; i < 3; i++) {
        await run.goesOn(500)
        for (const program of [run.agent, run.transfer]) program.signal('SIGUSR2')
        await run.goesOn(500)
        // Longer than sessions and most waits.
        await sleep(isLong ? 60_000 : 3_000, t.signal)
      }
    })
    await run.conserved()
    // Kafka 4 takes no time from more than an hour ahead: those lines went without one.
    const metrics = await fetch(`${run.agent.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
    assert.match(await metrics.text(), /^\w*refused_times_total\{.*\} [1-9]/m)
    const times = await run.times()
    const hours = new Set(times.map((ms) => Math.round((ms - Date.now()) / 3_600_000)))
    assert.deepEqual(
      [...hours].toSorted((a, b) => a - b),
      [-1, 0, 8],
      'lines carry the times of the clock that was wrong, or those of the transfer, whose clock was wrong as well',
    )
  },
)
