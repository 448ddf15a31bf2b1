import { Cluster } from '@logpipe/kafka'
import { readTopic } from '@logpipe/testkit'

/** A record that was refused, as its dead letter tells. */
export interface DeadLetterRecord {
  line: Buffer
  /** Whether it is a line of a file, with the agent's headers; else another producer's record. */
  isLine: boolean
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
  for await (const { value, source, headers } of readTopic({ brokers, topic: letterTopic, headers: names })) {
    const [type = '', reason = '', partition = '', offset = ''] = names.map((name) => headers[name] ?? '')
    const line = value ?? Buffer.alloc(0)
    const place = { partition: Number(partition), offset: Number(offset) }
    found.set(`${partition}@${offset}`, { line, isLine: source !== null, type, reason, ...place })
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

/** How many they are, and of the first few where their records stood and why they were refused. */
export function describeLetters(letters: readonly DeadLetterRecord[]): string {
  const first = letters.slice(0, 3).map(({ partition, offset, reason }) => `${partition}@${offset}: ${reason}`)
  return `${letters.length} dead letters: ${first.join('; ')}`
}
