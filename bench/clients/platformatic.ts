import { Producer } from '@platformatic/kafka'
import { type Produce, message } from './message.ts'

/** @platformatic/kafka's own producer, with large batches and several under way. */
export const produce: Produce = async (brokers, topic, partitions, count) => {
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: brokers, acks: -1, autocreateTopics: false })
  const perSend = 4_000
  const underWay = new Set<Promise<unknown>>()
  for (let from = 0, turn = 0; from < count; from += perSend, turn++) {
    const length = Math.min(perSend, count - from)
    const messages = Array.from({ length }, (_, i) => ({
      topic,
      value: message(from + i),
      partition: turn % partitions,
    }))
    const sent = producer.send({ messages }).finally(() => underWay.delete(sent))
    underWay.add(sent)
    if (underWay.size >= 5) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  await producer.close()
}
