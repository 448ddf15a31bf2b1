import { Cluster } from '@logpipe/kafka'
import { readTopic } from '@logpipe/testkit'

/** A record that was refused, as its dead letter tells. */
export interface DeadLetterRecord {
  line: Buffer
  type: string
  reason: string
  /** Where the record stood. */
  partition: number
  offset: number
}

const names = ['dlq.type', 'dlq.reason', 'dlq.partition', 'dlq.offset'] as const

/** The dead letters of this topic, each record once, however often its letter stands there; none where it has no dead letters. */
export async function readDeadLetters(brokers: readonly string[], topic: string): Promise<DeadLetterRecord[]> {
  const letterTopic = `${topic}.dlq`
  if (!(await topics(brokers)).includes(letterTopic)) return []
  const found = new Map<string, DeadLetterRecord>()
  for await (const { value, headers } of readTopic({ brokers, topic: letterTopic, headers: names })) {
    const [type = '', reason = '', partition = '', offset = ''] = names.map((name) => headers[name] ?? '')
    const line = value ?? Buffer.alloc(0)
    found.set(`${partition}@${offset}`, { line, type, reason, partition: Number(partition), offset: Number(offset) })
  }
  return [...found.values()].toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
}

async function topics(brokers: readonly string[]): Promise<string[]> {
  const cluster = new Cluster({ brokers, clientId: 'e2e' })
  try {
    return await cluster.topics(AbortSignal.timeout(10_000))
  } finally {
    await cluster.close()
  }
}
