import { parseProgress } from '@logpipe/config'
import { type Cluster, type ReadPartition, TopicReader } from '@logpipe/kafka'

/** What has come into the one partition of a progress topic since somebody looked first; records are seen before they can be compacted away. */
export class ProgressTail {
  records = 0
  /** On the wire, and on the broker's disk. */
  bytes = 0
  /** Offsets that were given and not seen. */
  missing = 0
  /** Agents, and whether their last record was the last word. */
  readonly agents = new Map<string, boolean>()
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #partition: ReadPartition
  #next: number

  private constructor(cluster: Cluster, topic: string, from: number) {
    this.#cluster = cluster
    this.#topic = topic
    this.#next = from
    this.#partition = new TopicReader(cluster, { maxPartitionBytes: 4_194_304 }).open(topic, 0, from)
  }

  /** Nothing is read yet; the first record is the first that the topic holds. */
  static async open(cluster: Cluster, topic: string, signal: AbortSignal): Promise<ProgressTail> {
    return new ProgressTail(cluster, topic, await offsetOf(cluster, topic, 'earliest', signal))
  }

  /** Reads all that there is now. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const end = await offsetOf(this.#cluster, this.#topic, 'latest', signal)
    while (this.#next < end) {
      for (const batch of await this.#partition.fetch(signal)) {
        this.missing += batch.baseOffset - this.#next
        this.#next = batch.lastOffset + 1
        this.records += batch.recordCount
        this.bytes += batch.byteLength
        const cursor = await batch.open()
        while (cursor.next()) {
          const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor
          const said = parseProgress(buffer.subarray(keyStart, keyEnd), buffer.subarray(valueStart, valueEnd))
          if (said === null) throw new Error(`The record at offset ${cursor.offset} is none of an agent's.`)
          this.agents.set(said.agent, said.ended)
        }
      }
    }
  }
}

async function offsetOf(
  cluster: Cluster,
  topic: string,
  at: 'earliest' | 'latest',
  signal: AbortSignal,
): Promise<number> {
  const [offset = 0] = (await cluster.listOffsets([{ topic, partition: 0 }], at, signal)).values()
  return offset
}
