import { MemoryKafka } from './memory.ts'
import { senderConformance } from './sender.conformance.ts'

senderConformance('in memory', async () => {
  const sender = new MemoryKafka()
  sender.maxBatchBytes = 10_000
  const values = async (): Promise<string[]> => (await sender.records('t')).map(({ value }) => value.toString())
  return { sender, topic: 't', maxBatchBytes: 10_000, values }
})
