import type { EncodedBatch } from '@logpipe/kafka'
import { describeError, type Logger, type Metrics } from '@logpipe/runtime'

/** What became of bytes that were never read. */
export type UnreadCause = 'deleted' | 'truncated'

/** Why a scan or a file could not be used; the log says each once, until it is over. */
export type Trouble = { readonly path: string; readonly reason: string }

const troublesKept = 10_000

/** What the metrics show of a running agent. */
export interface AgentView {
  readonly openFiles: number
  readonly lagBytes: number
  readonly delivery: { readonly inFlightBytes: number }
}

/** What became of lines, in numbers. */
export interface TreatedLines {
  readonly filteredLines: number
  readonly redactedLines: number
  readonly undecoded: number
  readonly truncatedBytes: number
  readonly deadLetters: number
  /** Lines that were not in the format of the container runtime. */
  readonly unwrapped: number
}

/** Every named event of the agent: what is logged, and what is counted. One for the process. */
export class AgentEvents {
  readonly #log: Logger
  readonly #metrics: Metrics
  readonly #count: ReturnType<typeof counters>
  /** Troubles that have been logged and are not over. */
  readonly #said = new Map<string, string>()
  /** Paths that are ignored and were said to be. */
  readonly #oddities = new Set<string>()

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log
    this.#metrics = metrics
    this.#count = counters(metrics)
  }

  /** Shows what is now, whenever somebody asks for the metrics. */
  observe(agent: AgentView, sender: { readonly retries: number }): void {
    const { gauge } = this.#metrics
    gauge('open_files', 'Files held open.', [], (g) => g.set(agent.openFiles))
    gauge('lag_bytes', 'Bytes of matched files that Kafka has not acknowledged.', [], (g) => g.set(agent.lagBytes))
    gauge('in_flight_bytes', 'Buffers of batches not yet acknowledged.', [], (g) => g.set(agent.delivery.inFlightBytes))
    gauge('resent_batches', 'Batches that the producer has sent again.', [], (g) => g.set(sender.retries))
  }

  /** All folders have been looked at. */
  scanned(ms: number): void {
    this.#count.scans.inc()
    this.#count.scanSeconds.inc(ms / 1_000)
  }

  fileFound(path: string, entry: string, at: number): void {
    this.#count.files.inc({ event: 'found' })
    this.#log.debug('File found', { 'file.path': path, entry, offset: at })
  }

  fileMoved(from: string, to: string): void {
    this.#count.files.inc({ event: 'moved' })
    this.#log.debug('File was renamed; it is read on', { 'file.path': to, from })
  }

  fileLost(path: string, why: 'renamed' | 'deleted'): void {
    this.#count.files.inc({ event: why })
    this.#log.debug('File is no longer matched; it is read to its end', { 'file.path': path, why })
  }

  fileFinished(path: string): void {
    this.#count.files.inc({ event: 'finished' })
    this.#log.debug('File is finished: all of it is acknowledged', { 'file.path': path })
  }

  /** What a scan matched and nobody collects; what is odd about that is said once. */
  filesIgnored(ignored: readonly { path: string; reason: string; kind: string }[]): void {
    for (const { path, reason, kind } of ignored) {
      if (kind !== 'odd' || this.#oddities.has(path)) continue
      if (this.#oddities.size >= troublesKept) this.#oddities.clear()
      this.#oddities.add(path)
      this.#count.files.inc({ event: 'ignored' })
      this.#log.info(`Not collected: ${reason}`, { 'file.path': path })
    }
  }

  /** Its entry says that it is to be deleted, and it was. */
  fileDeleted(path: string, bytes: number): void {
    this.#count.deletedFiles.inc()
    this.#log.info('A file was deleted: all of it is acknowledged, and deleteAfter of its entry is over', {
      'file.path': path,
      bytes,
    })
  }

  /** Its entry says that it is to be deleted, and it could not be. */
  fileKept(path: string, reason: string): void {
    this.#log.warn(reason, { 'file.path': path })
  }

  /** The content is not what was read before: another generation begins. `unreadBytes` of the old one are read where there is a copy. */
  fileReplaced(path: string, why: string, unreadBytes: number): void {
    this.#count.files.inc({ event: 'replaced' })
    this.#log.info('File begins anew', { 'file.path': path, why, unreadBytes })
  }

  /** What was not read of a file that was cut is read from its copy. */
  copyTaken(path: string, original: string, at: number): void {
    this.#count.files.inc({ event: 'copy' })
    this.#log.info('It holds what a file held that was cut or packed; it is read on from where that was left', {
      'file.path': path,
      original,
      offset: at,
    })
  }

  /** Bytes that were on disk are gone before they could be read. */
  bytesUnread(cause: UnreadCause, bytes: number, path?: string): void {
    if (bytes <= 0) return
    this.#count[cause === 'deleted' ? 'unreadDeleted' : 'unreadTruncated'].inc(bytes)
    if (path === undefined) return
    this.#log.error('A file was deleted before it was read to its end', { 'file.path': path, unreadBytes: bytes })
  }

  /** Something that stays wrong until `troubleOver` of the same path. */
  trouble({ path, reason }: Trouble): void {
    if (this.#said.get(path) === reason) return
    // Paths that come and go are not remembered for ever: at worst one is said again.
    const [oldest] = this.#said.keys()
    if (oldest !== undefined && this.#said.size >= troublesKept) this.#said.delete(oldest)
    this.#said.set(path, reason)
    this.#count.troubles.inc()
    this.#log.warn(reason, { 'file.path': path })
  }

  troubleOver(path: string): void {
    if (this.#said.size === 0 || !this.#said.delete(path)) return
    this.#log.info('It can be read again, or is gone', { 'file.path': path })
  }

  hintRefused(error: unknown): void {
    this.#log.warn(
      'The system gives no more watches on folders (see fs.inotify.max_user_watches and max_user_instances); files are found by polling alone, watching is tried again in ten minutes',
      { error },
    )
  }

  handlesShort(limit: number): void {
    this.#log.warn('The system gives no more file handles; fewer files are held open at once (see ulimit -n)', {
      limit,
    })
  }

  linesRead(lines: number, bytes: number): void {
    this.#count.readLines.inc(lines)
    this.#count.readBytes.inc(bytes)
  }

  /** What a feed did with lines beside sending them. */
  linesTreated(topic: string, treated: TreatedLines): void {
    for (const [name, count] of Object.entries(treated)) {
      if (typeof count === 'number' && count > 0) this.#count[name as keyof TreatedLines].inc({ topic }, count)
    }
  }

  /** The first character of a file that is none in its encoding; not said of those after it. */
  undecodable(path: string, encoding: string): void {
    this.#log.warn(
      `${path} holds what cannot be decoded as ${encoding}; it is replaced by U+FFFD and counted. Look at the entry's 'encoding'.`,
      { 'file.path': path },
    )
  }

  /** The first line of a file that is not in the format of its entry's container; not said of those after it. */
  notOfFormat(path: string): void {
    this.#log.warn(
      `${path} has lines that are not in its container's format; they go as they are. Look at the entry's 'container'.`,
      { 'file.path': path },
    )
  }

  batchSent(topic: string, batch: EncodedBatch): void {
    this.#count.batches.inc({ topic })
    this.#count.sentLines.inc({ topic }, batch.recordCount)
    this.#count.sentBytes.inc({ topic }, batch.bytes.length)
  }

  batchAcked(topic: string, batch: EncodedBatch): void {
    this.#count.ackedLines.inc({ topic }, batch.recordCount)
    this.#count.ackedBytes.inc({ topic }, batch.bytes.length)
  }

  batchTooLarge(topic: string, bytes: number): void {
    this.#count.tooLarge.inc({ topic })
    this.#log.warn(
      "Kafka finds a batch too large; it is sent in halves, which is slow: set kafka.batchBytes below the broker's message.max.bytes",
      { topic, batchBytes: bytes },
    )
  }

  timesRefused(topic: string): void {
    this.#count.untimed.inc({ topic })
    if (this.#said.has('clock')) return
    this.#said.set('clock', topic)
    this.#log.warn('Kafka takes lines without their time only; is the clock of this host an hour ahead?', { topic })
  }

  topicRefused(topic: string, error: unknown): void {
    this.#count.refusals.inc({ topic })
    this.#log.error('Kafka takes nothing for this topic; its files wait, others go on', { topic, error })
  }

  topicAccepted(topic: string): void {
    this.#log.info('Kafka takes the topic again', { topic })
  }

  registryFailed(error: unknown): void {
    this.#count.registryFailures.inc()
    if (this.#said.has('registry')) return
    this.#said.set('registry', describeError(error))
    this.#log.error('Positions cannot be written; new files wait until they can', { error })
  }

  registryWritten(): void {
    if (!this.#said.delete('registry')) return
    this.#log.info('Positions are written again')
  }

  planApplied(entries: number, refused: readonly { entry: string; message: string }[]): void {
    this.#log.info('Plan applied', { entries, refused: refused.length })
    for (const { entry, message } of refused) this.#log.error('An entry is refused', { entry, reason: message })
  }

  stopped(undelivered: boolean): void {
    if (!undelivered) return
    this.#log.warn('Stopped before Kafka had everything; what it has not is sent again at the next start')
  }
}

function counters(metrics: Metrics): {
  [
    name in
      | 'scans'
      | 'scanSeconds'
      | 'files'
      | 'deletedFiles'
      | 'troubles'
      | 'readLines'
      | 'readBytes'
      | 'batches'
      | 'sentLines'
      | 'sentBytes'
      | 'ackedLines'
      | 'ackedBytes'
      | 'tooLarge'
      | keyof TreatedLines
      | 'refusals'
      | 'untimed'
      | 'unreadDeleted'
      | 'unreadTruncated'
      | 'registryFailures'
  ]: ReturnType<Metrics['counter']>
} {
  const byTopic = ['topic'] as const
  return {
    scans: metrics.counter('scans_total', 'Looks at all folders that the entries name.'),
    scanSeconds: metrics.counter('scan_seconds_total', 'Time that these looks took.'),
    files: metrics.counter('file_events_total', 'What happened to files.', ['event']),
    deletedFiles: metrics.counter('deleted_files_total', 'Files deleted because their entry says so.'),
    troubles: metrics.counter('file_troubles_total', 'Files and folders that could not be read.'),
    readLines: metrics.counter('read_lines_total', 'Lines read from files.'),
    readBytes: metrics.counter('read_bytes_total', 'Bytes of files read, line ends included.'),
    batches: metrics.counter('sent_batches_total', 'Batches handed to the producer; again after a refusal.', byTopic),
    sentLines: metrics.counter('sent_lines_total', 'Lines handed to the producer; again after a refusal.', byTopic),
    sentBytes: metrics.counter('sent_bytes_total', 'Bytes of batches handed to the producer, compressed.', byTopic),
    ackedLines: metrics.counter('acked_lines_total', 'Lines that Kafka has acknowledged.', byTopic),
    ackedBytes: metrics.counter('acked_bytes_total', 'Bytes of batches that Kafka has acknowledged.', byTopic),
    filteredLines: metrics.counter('filtered_lines_total', 'Lines and events that filters left out.', byTopic),
    redactedLines: metrics.counter(
      'redacted_lines_total',
      'Lines and events in which something was redacted.',
      byTopic,
    ),
    undecoded: metrics.counter('undecoded_characters_total', 'Characters replaced that could not be decoded.', byTopic),
    truncatedBytes: metrics.counter('truncated_bytes_total', 'Bytes left out of lines that were too long.', byTopic),
    deadLetters: metrics.counter('dead_letters_total', 'Lines that are too long, or pieces, set aside.', byTopic),
    unwrapped: metrics.counter('unwrapped_lines_total', "Lines that are not in the container's format.", byTopic),
    tooLarge: metrics.counter('split_batches_total', 'Batches that Kafka found too large.', byTopic),
    untimed: metrics.counter('refused_times_total', 'Batches that Kafka took only without the time of lines.', byTopic),
    refusals: metrics.counter('topic_refusals_total', 'Times Kafka began to refuse a topic.', byTopic),
    unreadDeleted: metrics.counter('unread_deleted_bytes_total', 'Bytes of deleted files that were never read.'),
    unreadTruncated: metrics.counter('unread_truncated_bytes_total', 'Bytes cut off from files before they were read.'),
    registryFailures: metrics.counter('registry_failures_total', 'Writes of positions that failed.'),
  }
}
