import { BoundedLabel, type Logger, type Metrics } from '@logpipe/runtime'
import type { DeathReason } from './sink/dead-letter.ts'
import type { SuspectEvents } from './sink/suspects.ts'
import { SinkEvents } from './sink-events.ts'
import { Trouble } from './trouble.ts'

/** As people call the sinks. */
const serverNames: Record<string, string> = { elasticsearch: 'Elasticsearch', influxdb: 'InfluxDB' }

interface PartitionName {
  topic: string
  partition: number
}

/** All that the transfer tells the outside while it runs: each event is a line in the log, a metric, or both. */
export class Events implements SuspectEvents {
  readonly #log: Logger
  readonly #registry: Metrics
  readonly #metrics: ReturnType<typeof defineMetrics>

  /** Names of errors come from the servers. */
  readonly #types = new BoundedLabel(50)
  readonly #pipelines = new BoundedLabel(200)

  #bytes = { fetched: () => 0, documents: () => 0 }
  readonly #inFlightLimits = new Map<string, () => number>()
  readonly #kafkaTrouble = new Trouble()
  readonly #sinks = new Map<string, SinkEvents>()

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log
    this.#registry = metrics
    this.#metrics = defineMetrics(metrics)
    const help = 'Bytes as fetched, and bytes of documents, that are not accepted yet.'
    metrics.gauge('in_flight_bytes', help, ['kind'], (gauge) => {
      gauge.set({ kind: 'fetched' }, this.#bytes.fetched())
      gauge.set({ kind: 'documents' }, this.#bytes.documents())
    })
    metrics.gauge('in_flight_limit', 'Requests to a sink at once, as its answers allow.', ['sink'], (gauge) => {
      for (const [sink, limit] of this.#inFlightLimits) gauge.set({ sink }, limit())
    })
  }

  /** Which servers have failed for some time, each in a sentence; none where all is well. */
  troubles(): string[] {
    const kafka = this.#kafkaTrouble.text
    const sinks = [...this.#sinks].flatMap(([sink, { trouble }]) => {
      return trouble === null ? [] : [`${serverNames[sink] ?? sink} has taken nothing ${trouble}`]
    })
    return kafka === null ? sinks : [`Nothing can be read from Kafka ${kafka}`, ...sinks]
  }

  partitionsAssigned(count: number): void {
    this.#kafkaTrouble.isWell()
    this.#metrics.assigned.inc(count)
  }

  partitionsGone(count: number): void {
    this.#metrics.assigned.dec(count)
  }

  partitionDrained({ topic, partition }: PartitionName, isComplete: boolean): void {
    if (isComplete) return
    this.#log.warn('A partition was given up before all of it was accepted; its next owner sends the rest again', {
      topic,
      partition,
    })
  }

  partitionFenced({ topic, partition }: PartitionName): void {
    this.#log.warn('A partition belongs to another instance now; nothing was committed for it', { topic, partition })
  }

  topicsMatched(topics: readonly string[]): void {
    this.#log.info('Topics to index changed', { topics })
  }

  topicsMissing(globs: readonly string[]): void {
    this.#log.info('No topic matches yet; waiting for one', { globs })
  }

  topicsTooLong(topics: readonly string[]): void {
    const message =
      'Topics are not read: their names leave no room for deadLetter.topicSuffix in the 249 characters of Kafka'
    this.#log.error(message, { topics })
  }

  lettersNamed(topics: readonly string[]): void {
    const message =
      'kafka.topics names topics that are not read: they end in deadLetter.topicSuffix, so they are taken for dead letters'
    this.#log.error(message, { topics })
  }

  topicsListFailed(error: unknown): void {
    this.#log.warn('Topics could not be listed; those known are read on', { error })
  }

  groupUnsettled(error: unknown): void {
    this.#kafkaTrouble.failed(error)
  }

  /** `failure`: why it was not answered; null where it was. */
  fetchEnded(failure: Error | null): void {
    if (failure === null) this.#kafkaTrouble.isWell()
    else this.#kafkaTrouble.failed(failure)
  }

  recordsFetched(topic: string, records: number, bytes: number): void {
    this.#metrics.fetchedRecords.inc({ topic }, records)
    this.#metrics.fetchedBytes.inc({ topic }, bytes)
  }

  fetchFailed({ topic, partition }: PartitionName, error: unknown): void {
    this.#kafkaTrouble.failed(error)
    this.#log.error('A partition cannot be read; trying again, the others go on', { topic, partition, error })
  }

  batchBroken(
    { topic, partition }: PartitionName,
    batch: { baseOffset: number; lastOffset: number },
    error: unknown,
  ): void {
    const { baseOffset, lastOffset } = batch
    this.#metrics.brokenBatches.inc({ topic })
    const message =
      'A record batch is broken; it is tried on, since to pass over it would be loss. Its partition waits, the others go on. What to do: docs/runbook.md'
    this.#log.error(message, { topic, partition, baseOffset, lastOffset, error })
  }

  lagMeasured({ topic, partition }: PartitionName, records: number): void {
    this.#metrics.lag.set({ topic, partition: String(partition) }, records)
  }

  lagForgotten({ topic, partition }: PartitionName): void {
    this.#metrics.lag.remove({ topic, partition: String(partition) })
  }

  tombstonesSkipped(topic: string, count: number): void {
    if (count > 0) this.#metrics.tombstones.inc({ topic }, count)
  }

  foreignRecordsRead(topic: string, count: number): void {
    if (count > 0) this.#metrics.foreign.inc({ topic }, count)
  }

  eventsDropped(topic: string, count: number): void {
    if (count > 0) this.#metrics.dropped.inc({ topic }, count)
  }

  lineNotParsed(pipeline: string, failedAt: string): void {
    this.#metrics.unparsed.inc({ pipeline: this.#pipelines.label(pipeline), processor: failedAt })
  }

  pipelineChanged(name: string, change: 'put' | 'removed'): void {
    this.#log.info(change === 'put' ? 'A pipeline was taken from etcd' : 'A pipeline was removed from etcd', {
      pipeline: name,
    })
  }

  pipelineRefused(key: string, reason: string): void {
    this.#metrics.refusedPipelines.inc()
    this.#log.error('A pipeline in etcd cannot be used; the one from before goes on', { key, reason })
  }

  keptPipelinesUsed(pipelines: number): void {
    this.#log.warn('etcd does not answer at the start; the pipelines of the last run are used', { pipelines })
  }

  keptPipelinesUnusable(file: string, reason: string): void {
    this.#log.warn('The copy of the pipelines cannot be used; without etcd this start would wait', { file, reason })
  }

  pipelinesNotKept(folder: string, error: unknown): void {
    this.#log.warn('The pipelines cannot be kept for a start without etcd; it is tried again', { folder, error })
  }

  pipelinesWentBack(): void {
    this.#log.warn('etcd was restored from an older copy; the pipelines that it holds now are used')
  }

  pipelinesAway(error: unknown): void {
    this.#log.warn('etcd does not answer; the pipelines from before go on', { error })
  }

  /** What is told of the requests to this sink. `limit`, of requests at once, is looked up whenever the metrics are read. */
  ofSink(sink: string, limit: () => number): SinkEvents {
    this.#inFlightLimits.set(sink, limit)
    const events = new SinkEvents(sink, { log: this.#log, metrics: this.#registry, types: this.#types })
    this.#sinks.set(sink, events)
    return events
  }

  suspectsLookedUp(count: number, found: number): void {
    this.#metrics.suspects.inc(count)
    this.#metrics.suspectsFound.inc(found)
  }

  copiesRemoved(count: number, error: unknown): void {
    this.#metrics.copies.inc({ result: error === null ? 'removed' : 'left' }, count)
    const facts = { documents: count, ...(error === null ? {} : { error }) }
    if (error === null) this.#log.info('Documents that were written twice across a rollover were removed again', facts)
    else this.#log.error('Documents stand twice, in two backing indices, and could not be removed', facts)
  }

  documentFound(seconds: number): void {
    this.#metrics.searchable.observe(seconds)
  }

  searchForbidden(status: number): void {
    this.#log.info('We may not search: how long lines take to be found is not measured', { status })
  }

  deadLettersWritten(topic: string, letters: readonly DeathReason[]): void {
    for (const { stage, type } of letters)
      this.#metrics.deadLetters.inc({ topic, stage, type: this.#types.label(type) })
  }

  deadLettersFailed({ topic, partition }: PartitionName, error: unknown): void {
    this.#log.error('Dead letters could not be stored; trying again, this partition waits', { topic, partition, error })
  }

  deadLetterTruncated({ topic, partition }: PartitionName, offset: number): void {
    this.#log.error('A dead letter is too large for its topic and was stored without its value', {
      topic,
      partition,
      offset,
    })
  }

  commitMade(): void {
    this.#metrics.commits.inc({ result: 'stored' })
  }

  commitFailed({ topic, partition }: PartitionName, error: unknown): void {
    this.#metrics.commits.inc({ result: 'failed' })
    this.#log.warn('An offset could not be committed; it is tried again', { topic, partition, error })
  }

  /** `bytes` are looked up whenever the metrics are read. */
  watchBytes(bytes: { fetched: () => number; documents: () => number }): void {
    this.#bytes = bytes
  }
}

function defineMetrics(metrics: Metrics) {
  return {
    assigned: metrics.gauge('assigned_partitions', 'Partitions that this instance reads.'),
    fetchedRecords: metrics.counter('fetched_records_total', 'Records fetched from Kafka.', ['topic']),
    fetchedBytes: metrics.counter('fetched_bytes_total', 'Bytes fetched from Kafka, compressed.', ['topic']),
    brokenBatches: metrics.counter('broken_batches_total', 'Tries at record batches that cannot be read.', ['topic']),
    lag: metrics.gauge('lag_records', 'Records in Kafka that are not accepted yet.', ['topic', 'partition']),
    tombstones: metrics.counter('tombstones_total', 'Records without a value; nothing to index.', ['topic']),
    foreign: metrics.counter('foreign_records_total', 'Records of other producers.', ['topic']),
    dropped: metrics.counter('dropped_events_total', 'Records of which a pipeline wants no document.', ['topic']),
    unparsed: metrics.counter(
      'unparsed_lines_total',
      'Lines that were indexed without what a processor should have found.',
      ['pipeline', 'processor'],
    ),
    refusedPipelines: metrics.counter(
      'pipelines_refused_total',
      'Changes of pipelines in etcd that could not be used.',
    ),
    suspects: metrics.counter('suspects_looked_up_total', 'Documents looked up by id before they were written.'),
    suspectsFound: metrics.counter(
      'suspects_found_total',
      'Of those, documents that were there; counted as existing, too.',
    ),
    copies: metrics.counter('copies_total', 'Copies written while an index was rolled over, removed or left.', [
      'result',
    ]),
    searchable: metrics.histogram(
      'searchable_latency_seconds',
      'From reading a line until a search finds its document; one document every 15 s.',
    ),
    deadLetters: metrics.counter('dead_letters_total', 'Records stored as dead letters.', ['topic', 'stage', 'type']),
    commits: metrics.counter('commits_total', 'Offset commits.', ['result']),
  }
}
