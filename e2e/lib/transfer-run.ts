import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { Source } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { describeError } from '@logpipe/runtime'
import {
  assertConserved,
  closeAfter,
  type Daemon,
  type DaemonOptions,
  elasticsearch,
  type FoundDocument,
  Oracle,
  randomName,
  randomRun,
  readDocuments,
  readIndexLines,
  type SettingsTree,
  startTransfer,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { isLong } from '../faults/figures.ts'
import { isCommitted } from './committed.ts'
import { type DeadLetterRecord, describeLetters, readDeadLetters } from './dead-letters.ts'
import { dropIndices, emptyStream } from './empty-stream.ts'
import { fedHost, type FedFile, type FedFileOptions, RecordFeeder } from './record-feeder.ts'

export interface TransferRunOptions {
  /** Brokers that the test itself uses. Default: the shared ones. */
  brokers?: readonly string[]
  /** What the transfer gets for brokers. Default: those of the test. */
  transferBrokers?: readonly string[]
  /** The Elasticsearch that is read and counted. Default: the shared one. */
  node?: string
  /** What the transfer gets for it: a proxy, mostly. Default: the same. */
  transferNode?: string
  /** Instances at the start. Default 1. */
  instances?: number
  partitions?: number
  topicConfigs?: Record<string, string>
  settings?: TransferSettingsTree
  /** Where its documents are, where the settings send them elsewhere than into its data streams; removed at the end. */
  indices?: string
  daemon?: DaemonOptions
  /** What each instance may use at its peak. */
  maxRssMiB?: number
}

type FileWish = Partial<Source> & Pick<FedFileOptions, 'lineBytes' | 'timeMs'>

/** Settings beside servers, group and topics. */
export type TransferSettingsTree = SettingsTree & { kafka?: SettingsTree; elasticsearch?: SettingsTree }

const deliverMs = isLong ? 900_000 : 90_000
const freshMs = 10_000
const usualPartitions = 4
const ownLines = { term: { 'host.name': fedHost } }
/** The program itself, 64 MiB in flight, the buffers of bulks, garbage: what docs/design/transfer.md measures, and some air. */
const usualRssMiB = 384

/**
 * Real transfers between a topic of their own, which the test fills, and a real Elasticsearch, and the oracle on what is in the index
 * and in the dead letters. Tests act on `transfers`, write through `open`, and end with `conserved`.
 */
export class TransferRun {
  readonly topic = `${randomName('e2e')}_log`
  readonly node: string
  /** Where documents go whose source names no dataset. */
  readonly index = `logs-${this.topic}-default`
  /** Of a second data stream. */
  readonly otherDataset = `${this.topic}.other`
  readonly otherIndex = `logs-${this.otherDataset}-default`
  readonly #indices: string
  /** In the order of their start; the tests stop, kill and hang them. */
  readonly transfers: Daemon[] = []
  readonly run = randomRun()
  /** Writes into the topic; what comes from `open` is counted. */
  feeder!: RecordFeeder
  readonly #t: TestContext
  readonly #options: TransferRunOptions
  readonly #brokers: readonly string[]
  readonly #cluster: Cluster
  readonly #files: FedFile[] = []
  #fresh: FedFile | null = null
  #peakMiB = 0

  private constructor(t: TestContext, options: TransferRunOptions) {
    const shared = testServers()
    this.#t = t
    this.#options = options
    this.#indices = options.indices ?? `logs-${this.topic}*-default`
    this.#brokers = options.brokers ?? shared.kafkaBrokers
    this.node = options.node ?? shared.elasticsearchNodes[0] ?? ''
    this.#cluster = new Cluster({ brokers: this.#brokers, clientId: 'e2e' })
    closeAfter(t, () => this.#cluster.close())
  }

  static async start(t: TestContext, options: TransferRunOptions = {}): Promise<TransferRun> {
    const run = new TransferRun(t, options)
    const { partitions = usualPartitions, instances = 1, topicConfigs: configs = {} } = options
    closeAfter(t, () => run.#clean())
    await run.#cluster.ensureTopic(run.topic, { partitions, replication: 'auto', configs }, AbortSignal.timeout(30_000))
    run.feeder = new RecordFeeder(t, run.#brokers, run.topic, partitions)
    await Promise.all(Array.from({ length: instances }, () => run.add()))
    return run
  }

  /** One more instance, ready when this resolves. */
  async add(node = this.#options.transferNode ?? this.node): Promise<Daemon> {
    const { settings = {}, transferBrokers = this.#brokers, daemon } = this.#options
    const all = {
      commitMs: 200,
      ...settings,
      // The shortest session Kafka allows: a killed member keeps its partitions that long.
      kafka: {
        sessionTimeoutMs: 6_000,
        ...settings.kafka,
        brokers: transferBrokers,
        group: this.topic,
        topics: [this.topic],
      },
      elasticsearch: { ...settings.elasticsearch, nodes: [node] },
    }
    const transfer = await startTransfer(this.#t, all, daemon)
    this.transfers.push(transfer)
    return transfer
  }

  /** A file whose lines the test writes into the topic; all of them must arrive. Files go to the partitions in turn. */
  open({ lineBytes = 200, timeMs, ...source }: FileWish = {}): FedFile {
    const file = this.feeder.open({ run: this.run, lineBytes, timeMs }, source)
    this.#files.push(file)
    return file
  }

  /** A file whose lines nobody asks after. */
  openUncounted(): FedFile {
    return this.feeder.open({ run: randomRun() })
  }

  /** Lines that were written. */
  get written(): number {
    return this.#files.reduce((sum, { generator }) => sum + generator.count, 0)
  }

  /** Lines that a search finds now, in both indices unless one is named. */
  async count(index = this.#indices): Promise<number> {
    const path = `/${index}/_count?ignore_unavailable=true&allow_no_indices=true`
    return (await elasticsearch<{ count: number }>(this.node, 'POST', path, { query: ownLines })).count
  }

  /** The documents of records that are no lines of ours. */
  async foreign(): Promise<FoundDocument[]> {
    const query = { bool: { must_not: ownLines } }
    const found: FoundDocument[] = []
    for await (const one of readDocuments({ node: this.node, index: this.#indices, query })) found.push(one)
    return found
  }

  /** Waits until so many documents can be found: by default all that was written by now. */
  async indexed(count = this.written, deadlineMs = deliverMs, index = this.#indices): Promise<void> {
    const look = async (): Promise<boolean> => {
      const found = await this.count(index)
      if (found < count) throw new Error(`there are ${found}`)
      return true
    }
    await this.told(() => waitFor(look, { what: `${count} documents in the index`, deadlineMs, everyMs: 100 }))
  }

  /** Waits, while lines are written, until the index is no more than a second and a half's worth behind. */
  async caughtUp(linesPerSec: number, withinMs = deliverMs): Promise<void> {
    const look = async (): Promise<boolean> => this.written - (await this.count()) < 1.5 * linesPerSec
    await this.told(() => waitFor(look, { what: 'the index to catch up', deadlineMs: withinMs, everyMs: 100 }))
  }

  /** Waits until so many documents more than now can be found: something goes on. */
  async goesOn(more = 1, index = this.#indices): Promise<void> {
    const before = await this.count(index)
    await this.indexed(before + more, deliverMs, index)
  }

  /** What was refused, each record once, however often its letter stands there. */
  deadLetters(): Promise<DeadLetterRecord[]> {
    return readDeadLetters(this.#brokers, this.topic)
  }

  /** The sum of a metric over all its labels, of one instance. */
  async metric(name: string, transfer = this.transfers[0]): Promise<number> {
    const response = await fetch(`${transfer?.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
    const values = (await response.text()).matchAll(new RegExp(`^logtransfer_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
  }

  /** Waits until so many instances run and share the partitions evenly. */
  async shared(count: number): Promise<void> {
    const look = async (): Promise<boolean> => {
      const running = this.transfers.filter((transfer) => transfer.running)
      const each = await Promise.all(running.map((transfer) => this.metric('assigned_partitions', transfer)))
      const share = (this.#options.partitions ?? usualPartitions) / count
      if (each.length !== count || each.some((partitions) => partitions !== share))
        throw new Error(`they have ${each.join(', ')}`)
      return true
    }
    const what = `${count} instances to share the partitions evenly`
    await this.told(() => waitFor(look, { what, deadlineMs: 60_000 }))
  }

  /** Waits until an instance has said something that matches. */
  async said(pattern: RegExp, transfer = this.transfers[0]): Promise<void> {
    const look = (): boolean => pattern.test(transfer?.output ?? '')
    await this.told(() => waitFor(look, { what: `the transfer to say ${pattern}`, deadlineMs: deliverMs }))
  }

  /** Kills an instance the hard way. */
  async kill(transfer = this.transfers[0]): Promise<void> {
    this.measure()
    assert.ok(transfer?.running, `The transfer runs until it is killed:\n${transfer?.output.slice(-3_000)}`)
    await transfer.kill()
  }

  /** Writes a line to a file of its own and waits until it can be found: 10 s at most. Everything else must be there already. */
  async fresh(): Promise<void> {
    this.#fresh ??= this.open()
    const before = await this.count()
    await this.#fresh.write(1)
    await this.indexed(before + 1, freshMs)
  }

  /**
   * Each line is in the index once, or in the dead letters and not in the index; whole and in order; a fresh one arrives within 10 s;
   * all is committed; and every instance kept its bound of memory. `dead`: how many of the lines must be dead letters.
   */
  async conserved({ dead = 0 } = {}): Promise<DeadLetterRecord[]> {
    await this.indexed(this.written - dead)
    await this.fresh()
    const letters = await this.deadLetters()
    await this.told(async () => {
      assertConserved(await this.#judge(letters))
      assert.equal(letters.filter(({ isLine }) => isLine).length, dead, describeLetters(letters))
    })
    await this.settled()
    this.measure()
    const bound = this.#options.maxRssMiB ?? usualRssMiB
    assert.ok(this.#peakMiB <= bound, `A transfer used ${this.#peakMiB} MiB; ${bound} are its bound.`)
    const peak = `transfer at ${this.#peakMiB} MiB at most`
    this.#t.diagnostic(`${this.written} lines, ${letters.length} dead letters, ${peak}`)
    return letters
  }

  /** Waits until all that is in the topic is committed. */
  async settled(): Promise<void> {
    const wait = { what: 'all of it to be committed', deadlineMs: deliverMs }
    await this.told(() => waitFor(() => isCommitted(this.#cluster, this.topic), wait))
  }

  /** Takes the peaks of those that run now into account, as the kernel knows them: before one ends. */
  measure(): void {
    for (const { pid } of this.transfers) {
      if (pid === undefined) continue
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
      this.#peakMiB = Math.max(this.#peakMiB, Math.round(kib / 1_024))
    }
  }

  /** What fails tells what is where, and the instances' last words. */
  async told<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      const orReason = (reason: unknown): string => describeError(reason)
      const letters = await this.deadLetters().catch(() => [])
      const verdict = await this.#judge(letters).then((value) => JSON.stringify(value), orReason)
      const said = this.transfers.map(({ output }, i) => `Transfer ${i} said last:\n${output.slice(-3_000)}`)
      const told = [describeError(error), `Index and dead letters: ${verdict}`, describeLetters(letters), ...said]
      throw new Error(told.join('\n'), { cause: error })
    }
  }

  async #judge(letters: readonly DeadLetterRecord[]): Promise<ReturnType<Oracle['verdict']>> {
    const oracle = new Oracle(this.run)
    for (const { generator } of this.#files) oracle.expect(generator.file, generator.count)
    for (const { line, partition, offset } of letters.filter(({ isLine }) => isLine)) {
      const place = `dead letter of ${partition}@${offset}`
      oracle.observe({ line, stream: `dead letters of ${partition}`, position: offset, place })
    }
    return oracle.check(readIndexLines({ node: this.node, index: this.#indices, query: ownLines }))
  }

  /** Takes the topics and the documents away, as far as the server can: of a data stream its empty write index stays. */
  async #clean(): Promise<void> {
    const signal = AbortSignal.timeout(20_000)
    await this.#cluster.deleteTopic(this.topic, signal).catch(() => undefined)
    await this.#cluster.deleteTopic(`${this.topic}.dlq`, signal).catch(() => undefined)
    if (this.#options.indices !== undefined) return dropIndices(this.node, this.#options.indices)
    for (const index of [this.index, this.otherIndex]) await emptyStream(this.node, index)
  }
}
