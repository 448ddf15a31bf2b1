import { Cluster, HeaderBlock, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { type Produce, message } from './message.ts'

/** `packages/kafka`: batches of about 1 MB, each with the two headers of our records on top of what the others send. */
export const produce: Produce = async (brokers, topic, partitions, count) => {
  const cluster = new Cluster({ brokers, clientId: 'bench' })
  const producer = new Producer(cluster)
  const source = {
    id: 'AAAAAAAAAAAAAAAA',
    host: 'web-001',
    ip: '10.0.0.1',
    path: '/var/log/nginx/access.log',
    entry: 'web',
  }
  const headers = new HeaderBlock([{ key: 'source', value: Buffer.from(JSON.stringify(source)) }], 'offset')
  const idle = Array.from({ length: 12 }, () => new RecordBatchEncoder(1_000_000))
  const underWay = new Set<Promise<unknown>>()
  let turn = 0
  const flush = async (encoder: RecordBatchEncoder): Promise<void> => {
    await producer.send(topic, turn++ % partitions, await encoder.seal('none'))
    idle.push(encoder)
  }
  const next = async (): Promise<RecordBatchEncoder> => {
    while (idle.length === 0) await Promise.race(underWay)
    const encoder = idle.pop() as RecordBatchEncoder
    encoder.reset()
    return encoder
  }
  const send = (encoder: RecordBatchEncoder): void => {
    const sent = flush(encoder).finally(() => underWay.delete(sent))
    underWay.add(sent)
  }
  let encoder = await next()
  for (let i = 0; i < count; i++) {
    const bytes = message(i)
    if (encoder.appendLine(bytes, 0, bytes.length, headers, i)) continue
    send(encoder)
    encoder = await next()
    encoder.appendLine(bytes, 0, bytes.length, headers, i)
  }
  send(encoder)
  await Promise.all(underWay)
  producer.close()
  await cluster.close()
}
