import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import {
  assertConserved,
  closeAfter,
  countDocuments,
  type Daemon,
  elasticsearch,
  LineGenerator,
  LogDir,
  Oracle,
  randomName,
  randomRun,
  readIndexLines,
  type SettingsTree,
  startAgent,
  startTransfer,
  testServers,
  type Verdict,
  waitFor,
} from '@logpipe/testkit'
import { isLong } from '../faults/figures.ts'
import { Log } from './agent-run.ts'
import { readDeadLetters } from './dead-letters.ts'
import { emptyStream } from './empty-stream.ts'

export interface PipelineRunOptions {
  /** Brokers that the test itself uses. */
  brokers: readonly string[]
  /** What agent and transfer get for brokers. Default: the same. */
  programBrokers?: readonly string[]
  /** How both sign in to Kafka. Default: not at all. */
  kafkaAccess?: SettingsTree
  /** What the transfer gets for the shared Elasticsearch. Default: its own address. */
  transferNode?: string
  /** The topic is made before the agent starts, with these settings and three partitions; else the agent makes it. */
  topicConfigs?: Record<string, string>
  /** Settings of the transfer in that section. */
  elasticsearch?: SettingsTree
  /** On top of the environment of both. */
  env?: Record<string, string>
}

interface Histogram {
  aggregations: { times: { buckets: { key: number }[] } }
}

const deliverMs = isLong ? 900_000 : 90_000
const freshMs = 10_000
/** Lines are written twenty times a second. */
const stillMs = 2_000

/**
 * One real agent and one real transfer, from a folder of the test to the shared Elasticsearch, and the oracle on what is in the index.
 * Tests act on the brokers and on both programs, write through `log`, and end with `conserved`.
 */
export class PipelineRun {
  readonly topic = `${randomName('e2e')}_log`
  readonly index = `logs-${this.topic}-default`
  readonly node = testServers().elasticsearchNodes[0] ?? ''
  readonly dir: LogDir
  agent!: Daemon
  transfer!: Daemon
  /** The test's own, beside all proxies. */
  readonly cluster: Cluster
  readonly #t: TestContext
  readonly #brokers: readonly string[]
  readonly #run = randomRun()
  readonly #logs: Log[] = []
  #fresh: Log | null = null

  private constructor(t: TestContext, { brokers }: PipelineRunOptions) {
    this.#t = t
    this.#brokers = brokers
    this.dir = LogDir.create(t)
    this.cluster = new Cluster({ brokers, clientId: 'e2e' })
    closeAfter(t, () => this.cluster.close())
    closeAfter(t, () => this.#clean())
  }

  static async start(t: TestContext, options: PipelineRunOptions): Promise<PipelineRun> {
    const run = new PipelineRun(t, options)
    const { programBrokers: brokers = options.brokers, transferNode = run.node, topicConfigs: configs } = options
    const { kafkaAccess = {} } = options
    const { topic, dir } = run
    if (configs !== undefined) {
      await run.cluster.ensureTopic(topic, { partitions: 3, replication: 'auto', configs }, AbortSignal.timeout(30_000))
    }
    const daemon = { env: options.env ?? {} }
    const agent = { kafka: { ...kafkaAccess, brokers }, entries: [{ path: dir.file('*.log'), topic }] }
    const transfer = {
      // The shortest session Kafka allows.
      kafka: { ...kafkaAccess, brokers, group: topic, topics: [topic], sessionTimeoutMs: 6_000 },
      elasticsearch: { ...options.elasticsearch, nodes: [transferNode] },
    }
    const programs = [startAgent(t, agent, daemon), startTransfer(t, transfer, daemon)] as const
    ;[run.agent, run.transfer] = await Promise.all(programs)
    return run
  }

  /** Lines for the file of this name in the folder. All of them must arrive. */
  log(name: string): Log {
    const log = new Log(this.dir, name, new LineGenerator({ run: this.#run, file: this.#logs.length }))
    this.#logs.push(log)
    return log
  }

  /** Opens files; each call of what it returns writes some lines to each: so many files that all partitions get some. */
  filling(): () => Promise<void> {
    const logs = Array.from({ length: 6 }, (_, i) => this.log(`app-${i}.log`))
    return async () => logs.forEach((log) => log.write(20))
  }

  get written(): number {
    return this.#logs.reduce((sum, { generator }) => sum + generator.count, 0)
  }

  /** Documents that a search finds now. */
  count(): Promise<number> {
    return countDocuments(this.node, this.index)
  }

  /** When the lines were read, by the agent's clock: of the documents that can be found, each time once. */
  async times(): Promise<number[]> {
    const interval = { date_histogram: { field: '@timestamp', fixed_interval: '1m', min_doc_count: 1 } }
    const path = `/${this.index}/_search?size=0`
    const answer = await elasticsearch<Histogram>(this.node, 'POST', path, { aggs: { times: interval } })
    return answer.aggregations.times.buckets.map(({ key }) => key)
  }

  /** Waits until so many documents can be found: by default all that was written by now. */
  async indexed(count = this.written, deadlineMs = deliverMs): Promise<void> {
    const look = async (): Promise<boolean> => {
      const found = await this.count()
      if (found < count) throw new Error(`there are ${found}`)
      return true
    }
    await this.told(() => waitFor(look, { what: `${count} documents in the index`, deadlineMs, everyMs: 100 }))
  }

  /** Waits until so many documents more than now can be found: something goes on. */
  async goesOn(more = 1): Promise<void> {
    await this.indexed((await this.count()) + more)
  }

  /** Waits until the agent has read more than Kafka has acknowledged, none of it is for a while, and the agent says this of a file. */
  async standsStill(because: RegExp): Promise<void> {
    let [last, sinceMs] = [-1, 0]
    const look = async (): Promise<boolean> => {
      const { files } = (await this.agent.get<FilesReport>('/files')).body
      const sum = (of: 'read' | 'acked'): number => files.reduce((all, file) => all + file[of], 0)
      const acked = sum('acked')
      if (acked !== last) [last, sinceMs] = [acked, performance.now()]
      const isStill = sum('read') > acked && performance.now() - sinceMs >= stillMs
      return isStill && files.some(({ reason }) => because.test(reason ?? ''))
    }
    const wait = {
      what: `lines that are read and not acknowledged because of ${because}`,
      deadlineMs: deliverMs,
      everyMs: 100,
    }
    await this.told(() => waitFor(look, wait))
  }

  /** Writes a line to a file of its own and waits until it can be found: 10 s at most. Everything else must be there already. */
  async fresh(): Promise<void> {
    this.#fresh ??= this.log('fresh.log')
    const before = await this.count()
    this.#fresh.write(1)
    await this.indexed(before + 1, freshMs)
  }

  /** Each line is in the index once, whole and in order; none is a dead letter; a fresh one arrives within 10 s. */
  async conserved(): Promise<void> {
    await this.indexed()
    await this.fresh()
    await this.told(async () => {
      assertConserved(await this.#judge())
      assert.deepEqual(await readDeadLetters(this.#brokers, this.topic), [])
    })
    this.#t.diagnostic(`${this.written} lines`)
  }

  #judge(): Promise<Verdict> {
    const oracle = new Oracle(this.#run)
    for (const { generator } of this.#logs) oracle.expect(generator.file, generator.count)
    return oracle.check(readIndexLines({ node: this.node, index: this.index }))
  }

  /** What fails tells what is in the index, the agent's files, and what both said last. */
  async told<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      const orReason = (reason: unknown): string => describeError(reason)
      const verdict = await this.#judge().then((value) => JSON.stringify(value), orReason)
      const files = await this.agent.get('/files').then(({ body }) => JSON.stringify(body).slice(0, 3_000), orReason)
      const last = ({ name, output }: Daemon): string => `${name} said last:\n${output.slice(-4_000)}`
      const account = [describeError(error), `The index: ${verdict}`, `The agent's files: ${files}`]
      throw new Error([...account, last(this.agent), last(this.transfer)].join('\n'), { cause: error })
    }
  }

  async #clean(): Promise<void> {
    await this.cluster.deleteTopic(this.topic, AbortSignal.timeout(20_000)).catch(() => undefined)
    await emptyStream(this.node, this.index)
  }
}
