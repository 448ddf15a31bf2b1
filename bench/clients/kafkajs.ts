import kafkajs from 'kafkajs'
import { type Produce, message } from './message.ts'

/** kafkajs as its documentation advises for throughput: large batches, several under way. */
export const produce: Produce = async (brokers, topic, partitions, count) => {
  const client = new kafkajs.Kafka({ brokers, clientId: 'bench', logLevel: kafkajs.logLevel.NOTHING })
  const producer = client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    maxInFlightRequests: 5,
  })
  await producer.connect()
  const perSend = 4_000
  const underWay = new Set<Promise<unknown>>()
  for (let from = 0, turn = 0; from < count; from += perSend, turn++) {
    const length = Math.min(perSend, count - from)
    const messages = Array.from({ length }, (_, i) => ({ value: message(from + i), partition: turn % partitions }))
    const sent = producer.send({ topic, acks: -1, messages }).finally(() => underWay.delete(sent))
    underWay.add(sent)
    if (underWay.size >= 5) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  await producer.disconnect()
}
