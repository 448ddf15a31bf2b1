import { randomBytes } from 'node:crypto'
import { offsetHeader, sourceHeader, type Source } from '@logpipe/config'
import { Cluster, HeaderBlock, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter, LineGenerator, type LineGeneratorOptions, type Scope } from '@logpipe/testkit'

/** Of a batch before compression. */
const batchBytes = 256 * 1_024

/** The host that its records name. */
export const fedHost = 'e2e'

export interface FedFileOptions extends Omit<LineGeneratorOptions, 'file'> {
  /** When the lines of its next batch were read. Default: now. */
  timeMs?: (() => number) | undefined
}

/** Writes proven lines into a topic as the agent does: one record a line, with the headers `source` and `offset`, idempotently. */
export class RecordFeeder {
  readonly #producer: Producer
  readonly #topic: string
  readonly #partitions: number
  #files = 0

  /** The topic must be there. */
  constructor(scope: Scope, brokers: readonly string[], topic: string, partitions: number) {
    const cluster = new Cluster({ brokers, clientId: 'e2e' })
    closeAfter(scope, () => cluster.close())
    const producer = new Producer(cluster)
    closeAfter(scope, () => producer.close())
    this.#producer = producer
    this.#topic = topic
    this.#partitions = partitions
  }

  /** One more file of this run; files go to the partitions in turn. `source` is added to what the header says by itself. */
  open({ timeMs, ...options }: FedFileOptions, source: Partial<Source> = {}): FedFile {
    const file = this.#files++
    const generator = new LineGenerator({ ...options, file })
    return new FedFile(this.#producer, this.#topic, file % this.#partitions, { generator, source, timeMs })
  }

  /** Resolves when Kafka has acknowledged these records without headers, in the first partition. */
  async produce(values: readonly Buffer[]): Promise<void> {
    for (const value of values) {
      const encoder = new RecordBatchEncoder(value.length + 1_024)
      encoder.reset()
      encoder.appendRecord({ value })
      await this.#producer.send(this.#topic, 0, await encoder.seal('lz4'))
    }
  }
}

/** One file whose lines the feeder writes. One owner, one `write` at a time. */
export class FedFile {
  readonly generator: LineGenerator
  readonly #producer: Producer
  readonly #topic: string
  readonly #partition: number
  readonly #headers: HeaderBlock
  readonly #encoder = new RecordBatchEncoder(batchBytes)
  readonly #timeMs: () => number
  #offset = 0

  constructor(
    producer: Producer,
    topic: string,
    partition: number,
    {
      generator,
      source,
      timeMs = Date.now,
    }: { generator: LineGenerator; source: Partial<Source>; timeMs?: (() => number) | undefined },
  ) {
    this.generator = generator
    this.#timeMs = timeMs
    this.#producer = producer
    this.#topic = topic
    this.#partition = partition
    const id = randomBytes(12).toString('base64url')
    const whole = { id, host: fedHost, ip: '10.0.0.1', path: `/var/log/${generator.file}.log`, entry: 'e2e', ...source }
    this.#headers = new HeaderBlock([{ key: sourceHeader, value: Buffer.from(JSON.stringify(whole)) }], offsetHeader)
  }

  /** Resolves when Kafka has acknowledged the next `count` lines. */
  async write(count: number): Promise<void> {
    const { generator } = this
    for (const end = generator.count + count; generator.count < end;) {
      const bytes = generator.chunk(end - generator.count)
      this.#encoder.reset(this.#timeMs())
      for (let at = 0; at < bytes.length;) {
        const lineEnd = bytes.indexOf(0x0a, at)
        if (this.#encoder.appendLine(bytes, at, lineEnd, this.#headers, this.#offset)) {
          this.#offset += lineEnd + 1 - at
          at = lineEnd + 1
        } else {
          await this.#send()
        }
      }
      if (this.#encoder.recordCount > 0) await this.#send()
    }
  }

  async #send(): Promise<void> {
    await this.#producer.send(this.#topic, this.#partition, await this.#encoder.seal('lz4'))
    this.#encoder.reset(this.#timeMs())
  }
}
