import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { FileProgress, FilesReport } from '@logpipe/config'
import { describeError } from '@logpipe/runtime'
import {
  assertConserved,
  closeAfter,
  type Daemon,
  type DaemonOptions,
  LineGenerator,
  type LineGeneratorOptions,
  LogDir,
  randomRun,
  type SettingsTree,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { Arrivals } from './arrivals.ts'
import { freshTopic, makeTopic } from './fresh-topic.ts'
import { isLong } from '../faults/figures.ts'
import type { Joined } from './pieces.ts'

export interface AgentRunOptions {
  /** Glob of the entry, in the folder of the run. Default: `*.log*`, which covers rotated files. */
  glob?: string
  /** Keys of the entry beside `path` and `topic`. */
  entry?: Record<string, unknown>
  /** Whether the settings name entries: not where etcd does. */
  hasEntries?: boolean
  /** Further entries to the same topic. */
  more?: readonly ({ glob: string } & Record<string, unknown>)[]
  /** Settings beside `entries`; `kafka` is added to the brokers. */
  settings?: SettingsTree & { kafka?: SettingsTree }
  /** What the agent gets for brokers. Default: the shared ones. */
  brokers?: readonly string[]
  daemon?: DaemonOptions
  /** Lines may come in several records. */
  inPieces?: boolean
  /** The topic is made before the agent starts, with these settings. */
  topicConfigs?: Record<string, string>
  /** Files that are there before the agent starts. */
  before?: (run: AgentRun) => void
  /** What the agent may use at its peak. */
  maxRssMiB?: number
}

const deliverMs = isLong ? 600_000 : 60_000
const freshMs = 10_000
/** The program itself, the pool of batches (64 MiB by default), what its threads compress, and garbage. */
const usualRssMiB = 320

/**
 * One real agent on a folder of its own, with real Kafka behind it, and the oracle on what arrives. Tests act on `dir` and `agent`,
 * write through `log`, and end with `conserved`.
 */
export class AgentRun {
  readonly dir: LogDir
  readonly topic: string
  /** Started by `start`; the tests stop, kill and hang it. */
  agent!: Daemon
  readonly #t: TestContext
  readonly #arrivals: Arrivals
  readonly #run = randomRun()
  readonly #maxRssMiB: number
  #peakMiB = 0
  #files = 0
  #fresh: Log | null = null

  private constructor(t: TestContext, { maxRssMiB = usualRssMiB, inPieces = false }: AgentRunOptions) {
    this.#t = t
    this.#maxRssMiB = maxRssMiB
    this.dir = LogDir.create(t)
    this.topic = freshTopic(t)
    const brokers = testServers().kafkaBrokers
    const arrivals = new Arrivals({ brokers, topic: this.topic, run: this.#run, inPieces })
    this.#arrivals = arrivals
    closeAfter(t, () => arrivals.close())
  }

  static async start(t: TestContext, options: AgentRunOptions = {}): Promise<AgentRun> {
    const run = new AgentRun(t, options)
    if (options.topicConfigs !== undefined) await makeTopic(run.topic, options.topicConfigs)
    options.before?.(run)
    const { settings = {}, brokers = testServers().kafkaBrokers, daemon = {} } = options
    const { glob = '*.log*', entry = {}, more = [], hasEntries = true } = options
    const entries = (hasEntries ? [{ ...entry, glob }, ...more] : []).map(({ glob: pattern, ...keys }) => {
      return { ...keys, path: run.dir.file(pattern), topic: run.topic }
    })
    const all = { ...settings, kafka: { ...settings.kafka, brokers }, entries }
    run.agent = await startAgent(t, all, daemon)
    return run
  }

  /** Lines for the file of this name in the folder, whatever becomes of the file. All of them must arrive. */
  log(name: string, options: Partial<LineGeneratorOptions> = {}): Log {
    const generator = new LineGenerator({ ...options, run: this.#run, file: this.#files++ })
    this.#arrivals.expect(generator)
    return new Log(this.dir, name, generator)
  }

  get written(): number {
    return this.#arrivals.written
  }

  get copies(): number {
    return this.#arrivals.copies
  }

  /** Different lines that are in the topic now; 0 while there is no topic. */
  async count(): Promise<number> {
    return this.#arrivals.look(AbortSignal.timeout(30_000)).catch(() => 0)
  }

  /** Waits until so many different lines are in the topic: by default all that were written by now. */
  async arrived(count = this.written, deadlineMs = deliverMs): Promise<void> {
    const look = async (signal: AbortSignal): Promise<boolean> => {
      const found = await this.#arrivals.look(signal)
      if (found < count) throw new Error(`there are ${found}`)
      return true
    }
    await this.#told(async () => {
      // Nothing to wait for where nothing was written: then there is no topic either.
      if (count > 0) await waitFor(look, { what: `${count} lines in the topic`, deadlineMs, everyMs: 100 })
    })
  }

  /** Waits until line `sequence` of the log is in the topic. */
  async begun(log: Log, sequence: number, deadlineMs = deliverMs): Promise<void> {
    const look = async (signal: AbortSignal): Promise<boolean> => {
      await this.#arrivals.look(signal)
      return this.has(log, sequence)
    }
    const what = `line ${sequence} of ${log.name} in the topic`
    await this.#told(() => waitFor(look, { what, deadlineMs }).then(() => {}))
  }

  /** The lines so far, where they may come in pieces. */
  lines(): Iterable<Joined> {
    return this.#arrivals.lines()
  }

  /** Whether line `sequence` of the log is in the topic, as far as it was looked at. */
  has({ generator }: Log, sequence: number): boolean {
    return this.#arrivals.has(generator.file, sequence)
  }

  /** What the agent says of its files. */
  async files(): Promise<FileProgress[]> {
    return (await this.agent.get<FilesReport>('/files')).body.files
  }

  /** Waits until the agent says this of the file at `name`: by default that all of it is acknowledged. */
  async says(
    name: string,
    what = 'that all of it is acknowledged',
    look: (file: FileProgress) => boolean = ({ size, acked }) => acked === size && acked === this.dir.size(name),
  ): Promise<FileProgress> {
    const path = this.dir.file(name)
    const found = async (): Promise<FileProgress | undefined> =>
      (await this.files()).find((file) => file.path === path && look(file))
    return this.#told(() =>
      waitFor(found, { what: `the agent to say of ${name} ${what}`, deadlineMs: deliverMs }).then((file) => file),
    )
  }

  /** Waits until the agent has said something that matches. */
  async said(pattern: RegExp): Promise<void> {
    const what = `the agent to say ${pattern}`
    await this.#told(() => waitFor(() => pattern.test(this.agent.output), { what, deadlineMs: deliverMs }))
  }

  /** Stops the agent where it is (SIGSTOP) and waits until the kernel says so: it sees nothing of what follows, until `wake`. */
  async hang(): Promise<void> {
    this.agent.signal('SIGSTOP')
    const isStopped = (): boolean => /\) T/.test(readFileSync(`/proc/${this.agent.pid}/stat`, 'utf8'))
    await waitFor(isStopped, { what: 'the agent to hang' })
  }

  wake(): void {
    this.agent.signal('SIGCONT')
  }

  /** An orderly stop, which everything that was read survives. */
  async stop(): Promise<void> {
    this.#measure()
    await this.#told(async () => assert.equal(await this.agent.stop(), 0))
  }

  /** Kills the agent the hard way. */
  async kill(): Promise<void> {
    this.#measure()
    assert.ok(this.agent.running, `The agent runs until it is killed:\n${this.agent.output.slice(-3_000)}`)
    await this.agent.kill()
  }

  /** Writes a line to this log, by default one of its own, and waits until it is in the topic: 10 s at most. */
  async fresh(log = (this.#fresh ??= this.log('fresh.log'))): Promise<void> {
    log.write(1)
    await this.begun(log, log.generator.count - 1, freshMs)
  }

  /**
   * All that was written has arrived, whole, in order, under one id (unless doubles are allowed), no id stands for two lines, a fresh
   * line arrives within 10 s, and the agent kept its bound of memory.
   */
  async conserved({ doublesAllowed = false, fresh }: { doublesAllowed?: boolean; fresh?: Log } = {}): Promise<void> {
    await this.arrived()
    await this.fresh(fresh)
    await this.#told(async () => {
      const { reused, ...verdict } = this.#arrivals.verdict()
      assertConserved(verdict, { copiesAllowed: doublesAllowed })
      assert.deepEqual(reused, [], 'an id stands for one line')
    })
    this.#measure()
    assert.ok(
      this.#peakMiB <= this.#maxRssMiB,
      `The agent used ${this.#peakMiB} MiB; ${this.#maxRssMiB} are its bound.`,
    )
    this.#t.diagnostic(
      `${this.written} lines, ${this.copies} of them sent again, agent at ${this.#peakMiB} MiB at most`,
    )
  }

  /** The peak of this life of the agent, as the kernel knows it. */
  #measure(): void {
    const status = this.agent.pid === undefined ? '' : readFileSync(`/proc/${this.agent.pid}/status`, 'utf8')
    const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    this.#peakMiB = Math.max(this.#peakMiB, Math.round(kib / 1024))
  }

  /** What fails tells the verdict so far, the agent's files and its last words. */
  async #told<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      const files = await this.files().catch((reason: unknown) => describeError(reason))
      const account = [
        describeError(error),
        `The topic: ${JSON.stringify(this.#arrivals.verdict())}`,
        `The agent's files: ${JSON.stringify(files).slice(0, 4_000)}`,
        `The agent said last:\n${this.agent.output.slice(-3_000)}`,
      ]
      throw new Error(account.join('\n'), { cause: error })
    }
  }
}

/** A program that writes proven lines to a file by name: it opens the file anew each time, as if it were told of each rotation. */
export class Log {
  readonly name: string
  readonly generator: LineGenerator
  readonly #dir: LogDir

  constructor(dir: LogDir, name: string, generator: LineGenerator) {
    this.name = name
    this.generator = generator
    this.#dir = dir
  }

  write(lines: number): void {
    this.generator.appendTo(this.#dir.file(this.name), lines)
  }

  /** The next lines as bytes, for tests that write them in their own way: all of them must come into a file. */
  bytes(lines: number): Buffer {
    return Buffer.from(this.generator.chunk(lines))
  }
}
