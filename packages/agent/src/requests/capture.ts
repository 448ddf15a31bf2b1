import { offsetHeader, type PreviewLine } from '@logpipe/config'
import { type EncodedBatch, FetchedBatch } from '@logpipe/kafka'
import type { BatchSender, Target } from '../deliver/producer.ts'
import { pieceEnd } from '../harvest/lines.ts'

const offsetName = Buffer.from(offsetHeader)

/** Stands in Kafka's place where records are only looked at: takes every batch at once, sends nothing, keeps the beginning of each record. */
export class Capture implements BatchSender {
  readonly records: PreviewLine[] = []
  readonly #topic: string
  readonly #lineBytes: number

  /** `topic`: what goes elsewhere are dead letters. `lineBytes`: bytes of a record that are kept. */
  constructor(topic: string, lineBytes: number) {
    this.#topic = topic
    this.#lineBytes = lineBytes
  }

  trouble(): string | null {
    return null
  }

  async partitions(): Promise<number> {
    return 1
  }

  async send({ topic }: Target, { bytes }: EncodedBatch): Promise<void> {
    const cursor = await new FetchedBatch(bytes).open()
    while (cursor.next()) {
      const { buffer, valueStart: start, valueEnd: end } = cursor
      cursor.findHeader(offsetName)
      const isCut = end - start > this.#lineBytes
      this.records.push({
        offset: Number(buffer.toString('latin1', cursor.headerValueStart, cursor.headerValueEnd)),
        text: buffer.toString('utf8', start, isCut ? pieceEnd(buffer, start, this.#lineBytes) : end),
        isCut,
        isDeadLetter: topic !== this.#topic,
      })
    }
  }
}
