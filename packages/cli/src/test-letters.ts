import { Cluster, encodeRecords, type PlainRecord, Producer, TopicReader } from '@logpipe/kafka'
import { closeAfter, randomName, type Scope, testServers } from '@logpipe/testkit'
import { readRecords, type WholeRecord } from './kafka/read-records.ts'
import { type Printed, runLogctl, type TestContextOptions } from './test-output.ts'

/** A topic with dead letters of its own, written as agent and transfer write them, and a topic of marks; gone with the test. */
export class TestLetters {
  readonly topic = randomName('dlq')
  readonly letterTopic = `${this.topic}.dlq`
  readonly marksTopic = randomName('marks')
  readonly cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'test' })
  readonly #producer = new Producer(this.cluster)

  static async create(scope: Scope, partitions = 3): Promise<TestLetters> {
    const letters = new TestLetters()
    closeAfter(scope, () => letters.#close())
    for (const topic of [letters.topic, letters.letterTopic]) {
      await letters.cluster.ensureTopic(topic, { partitions, replication: 'auto' }, AbortSignal.timeout(20_000))
    }
    return letters
  }

  /** Runs `logctl dlq …` on them. */
  logctl(args: readonly string[], options: TestContextOptions = {}): Promise<Printed> {
    const env = { LOGCTL_KAFKA: testServers().kafkaBrokers.join(','), LOGCTL_DLQ_MARKS: this.marksTopic }
    return runLogctl(['dlq', ...args], { ...options, env: { ...env, ...options.env } })
  }

  /** The rows that `logctl dlq list --json` prints of this topic. */
  async list(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.logctl(['list', '--topic', this.topic, '--json', ...args])
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  async send(topic: string, partition: number, records: readonly PlainRecord[]): Promise<number> {
    return (await this.#producer.send(topic, partition, await encodeRecords(records, 'zstd'))).baseOffset
  }

  /** Puts a letter away as the transfer does; its record stood at `offset` of partition `partition`. Resolves to its address. */
  async put(record: PlainRecord, offset: number, told: Record<string, string> = {}, partition = 0): Promise<string> {
    const headers = {
      'dlq.reason': 'failed to parse',
      'dlq.type': 'document_parsing_exception',
      'dlq.stage': 'sink',
      'dlq.topic': this.topic,
      'dlq.partition': String(partition),
      'dlq.offset': String(offset),
      'dlq.attempts': '1',
      'dlq.timestamp': String(record.timestampMs ?? 0),
      'dlq.at': new Date().toISOString(),
      ...told,
    }
    return await this.#put(record, headers, partition)
  }

  /** Puts a piece of a long line away as the agent does. */
  async putByAgent(record: PlainRecord, partition = 0): Promise<string> {
    const headers = {
      'dlq.reason': 'The line is longer than 10 bytes, or than a batch.',
      'dlq.type': 'line_too_long',
      'dlq.stage': 'agent',
      'dlq.topic': this.topic,
      'dlq.at': new Date().toISOString(),
    }
    return await this.#put(record, headers, partition)
  }

  async #put(record: PlainRecord, told: Record<string, string>, partition: number): Promise<string> {
    const { timestampMs: _, ...rest } = record
    const ours = Object.entries(told).map(([key, value]) => ({ key, value: Buffer.from(value) }))
    const letter = { ...rest, headers: [...(record.headers ?? []), ...ours] }
    return `${this.letterTopic}/${partition}/${await this.send(this.letterTopic, partition, [letter])}`
  }

  /** All records of a topic now, partition by partition. */
  async records(topic = this.topic): Promise<WholeRecord[]> {
    const signal = AbortSignal.timeout(20_000)
    const reader = new TopicReader(this.cluster)
    const count = await this.cluster.partitionCount(topic, signal)
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    const [starts, ends] = await Promise.all([
      this.cluster.listOffsets(partitions, 'earliest', signal),
      this.cluster.listOffsets(partitions, 'latest', signal),
    ])
    const records: WholeRecord[] = []
    for (const at of partitions) {
      const key = `${topic}:${at.partition}`
      const found = readRecords(reader, at, starts.get(key) ?? 0, ends.get(key) ?? 0, signal)
      for await (const record of found) records.push(record)
    }
    return records
  }

  async #close(): Promise<void> {
    this.#producer.close()
    for (const topic of [this.topic, this.letterTopic, this.marksTopic]) {
      await this.cluster.deleteTopic(topic, AbortSignal.timeout(10_000))
    }
    await this.cluster.close()
  }
}

/** A line as an agent sends it. */
export function ownLine(text: string, offset: number, timestampMs = 1_700_000_000_000): PlainRecord {
  const source = { id: 'AAAAAAAAAAAAAAAA', host: 'web-1', ip: '10.0.0.1', path: '/var/log/a.log', entry: 'e' }
  return {
    key: Buffer.from('the key'),
    value: Buffer.from(text),
    timestampMs,
    headers: [
      { key: 'source', value: Buffer.from(JSON.stringify(source)) },
      { key: 'offset', value: Buffer.from(String(offset)) },
    ],
  }
}
