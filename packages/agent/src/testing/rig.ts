import { readdirSync, readlinkSync } from 'node:fs'
import { CollectEntry, type FileProgress, sourceIdLength } from '@logpipe/config'
import { createMetrics, FakeClock, type Logger, silentLogger } from '@logpipe/runtime'
import { closeAfter, LogDir, type Scope, waitFor } from '@logpipe/testkit'
import { Agent } from '../agent.ts'
import { MemoryKafka } from '../deliver/memory.ts'
import type { WatchFolder } from '../discover/hint.ts'
import { AgentEvents } from '../events.ts'
import { compilePlan, emptyPlan, type Plan } from '../plan/compile.ts'
import { MemoryDisk, MemoryRegistry } from '../registry/memory.ts'

/** Of all rigs of a test file: what Node counts of itself is asked for once. */
const metrics = createMetrics('test')

/** A line as it arrived. */
export interface Arrived {
  source: string
  /** What its document's id begins with. */
  idFront: string
  path: string
  offset: number
  text: string
  resent: boolean
}

export type Limits = ConstructorParameters<typeof Agent>[0]['limits']

const smallLimits: Limits = {
  pollMs: 1_000,
  chunkBytes: 4_096,
  maxOpenFiles: 64,
  flushPartialMs: 0,
  deadLetterSuffix: '.dlq',
  flushMs: 1_000,
  holdMs: 5_000,
  forgetMs: 24 * 3_600_000,
  batchBytes: 32_768,
  maxInFlightBytes: 262_144,
  lingerMs: 50,
  epochBytes: 1,
}

/** What of an entry a test gives; the rest are defaults. */
export type EntryInput = Partial<CollectEntry> & { path: string }

export interface RigOptions {
  entries?: EntryInput[]
  limits?: Partial<Limits>
  log?: Logger
  clock?: FakeClock
  watch?: WatchFolder
  /** Folders outside of which nothing is collected, relative to the rig's. */
  roots?: string[]
}

/**
 * An agent on a folder of its own, with Kafka, disk and time in the test's hand. It can be killed and started again: the folder, Kafka
 * and the disk stay.
 */
export class Rig {
  readonly dir: LogDir
  readonly kafka = new MemoryKafka()
  readonly disk = new MemoryDisk()
  readonly clock: FakeClock
  agent: Agent
  #limits: Limits
  #entries: EntryInput[]
  #log: Logger
  /** As the next start finds them. */
  roots: readonly string[]
  readonly #watch: WatchFolder | undefined
  #lastPlan: Plan = emptyPlan

  private constructor(
    dir: LogDir,
    {
      entries = [{ path: '*.log' }],
      limits = {},
      log = silentLogger,
      clock = new FakeClock(),
      roots,
      watch,
    }: RigOptions,
  ) {
    this.dir = dir
    this.#watch = watch
    this.roots = roots ?? ['/']
    this.clock = clock
    this.#entries = entries
    this.#limits = { ...smallLimits, ...limits }
    this.#log = log
    this.agent = this.#make()
  }

  /** Starts an agent on a new folder. Paths of entries are relative to it; by default everything named `*.log`, to topic `t`. */
  static async start(t: Scope, options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(LogDir.create(t), options)
    closeAfter(t, () => rig.crash())
    await rig.#open()
    return rig
  }

  /** The process dies. */
  crash(): void {
    this.agent.crash()
    this.disk.forgetWaiting()
  }

  /** A new process on the same folder, Kafka and disk. */
  async restart(entries = this.#entries): Promise<void> {
    this.#entries = entries
    this.agent = this.#make()
    await this.#open()
  }

  /** An orderly end, and a new process. */
  async bounce(): Promise<void> {
    await this.stop()
    await this.restart()
  }

  /** An orderly end; resolves with whether everything was acknowledged within the deadline. */
  async stop(deadlineMs = 2_000): Promise<boolean> {
    this.disk.catchUp()
    return this.agent.stop(AbortSignal.timeout(deadlineMs))
  }

  apply(entries: EntryInput[]): void {
    this.#entries = entries
    this.agent.apply(this.#plan())
  }

  /** One scan, and everything that it finds is read and handed to Kafka. */
  async poll(): Promise<void> {
    await this.agent.poll()
  }

  /** Kafka answers again: waits until nothing is under way, and until whoever was refused has tried again. */
  async settle(): Promise<void> {
    this.agent.delivery.flush()
    const settled = async (): Promise<boolean> =>
      (await this.agent.delivery.drain(AbortSignal.timeout(1_000))) &&
      [...this.agent.files()].every(({ state }) => state !== 'blocked')
    await waitFor(settled, { what: 'all to be acknowledged', everyMs: 1 })
  }

  /** Time passes; then a poll. */
  async pollAfter(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.agent.poll()
  }

  /** Everything that arrived, in order. */
  async arrived(topic = 't'): Promise<Arrived[]> {
    return (await this.kafka.records(topic)).map(({ value, headers }) => {
      const source = JSON.parse(headers['source'] ?? '{}') as { id: string; path: string }
      return {
        source: source.id.slice(-sourceIdLength),
        idFront: source.id,
        path: source.path.slice(this.dir.path.length + 1),
        offset: Number(headers['offset']),
        text: value.toString('utf8'),
        resent: headers['resent'] === '1',
      }
    })
  }

  /** The lines that arrived, in order; each copy of a line, but those of the same document once. */
  async lines(topic = 't'): Promise<string[]> {
    const seen = new Set<string>()
    const lines: string[] = []
    for (const { idFront, offset, text } of await this.arrived(topic)) {
      const id = `${idFront}:${offset}`
      if (seen.has(id)) continue
      seen.add(id)
      lines.push(text)
    }
    return lines
  }

  /** What /files says of a file, or undefined. */
  state(name: string): FileProgress | undefined {
    return [...this.agent.files()].find(({ path }) => path === this.dir.file(name))
  }

  /** What /metrics counts under this name, over all rigs of the test file; labels as they stand there: `{event="ignored"}`. */
  async counted(name: string, labels = ''): Promise<number> {
    const start = `test_${name}${labels} `
    const line = (await metrics.text()).split('\n').find((each) => each.startsWith(start))
    return Number(line?.slice(start.length) ?? 0)
  }

  /** Whether this process has the file open. */
  isOpen(name: string): boolean {
    const path = this.dir.file(name)
    return readdirSync('/proc/self/fd').some((fd) => linkOf(`/proc/self/fd/${fd}`) === path)
  }

  #plan(): Plan {
    const specs = this.#entries.map((input) => {
      const entry = { topic: 't', compression: 'none', ...input }
      const exclude = (input.exclude ?? []).map((path) => this.dir.file(path))
      return CollectEntry.parse({ ...entry, path: this.dir.file(input.path), exclude })
    })
    this.#lastPlan = compilePlan(specs, this.#lastPlan)
    return this.#lastPlan
  }

  #make(): Agent {
    return new Agent({
      registry: new MemoryRegistry(this.disk),
      sender: this.kafka,
      events: new AgentEvents(this.#log, metrics),
      clock: this.clock,
      origin: { host: 'host', ip: '192.0.2.1' },
      limits: this.#limits,
      ...(this.#watch && { watch: this.#watch }),
      roots: this.roots.map((name) => (name === '/' ? name : this.dir.file(name))),
      backoff: { baseMs: 1, maxMs: 2 },
    })
  }

  async #open(): Promise<void> {
    await this.agent.ledger.load()
    this.agent.apply(this.#plan())
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
