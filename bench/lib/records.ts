import { type Source, documentId, epochText, offsetHeader, sourceHeader } from '@logpipe/config'
import { type Cluster, HeaderBlock, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { accessLine, lineBytes } from './access-log.ts'
import { nginxLine } from './nginx-log.ts'

const sourceId = 'BenchBenchBench0'
/** Lines that were read in one epoch, as by an agent whose file grows so fast. */
const linesPerEpoch = 50_000

/** The one file that the records of this bench come from, as the first of them name it. */
export const benchSource: Source = {
  id: idFront(0),
  host: 'web-001',
  ip: '10.0.0.1',
  path: '/var/log/nginx/access.log',
  entry: 'web',
}

/** What the document id of line `index` begins with. */
export function idFront(index: number): string {
  return epochText(1 + Math.floor(index / linesPerEpoch)) + sourceId
}

/**
 * Writes `count` lines of `lineBytes` bytes to the topic as the agent would, spread over its partitions; without `line`, access-log
 * lines.
 */
export async function produceLines(
  cluster: Cluster,
  topic: string,
  count: number,
  signal: AbortSignal,
  lineOf: (index: number) => string = accessLine,
): Promise<void> {
  const partitions = await cluster.partitionCount(topic, signal)
  const producer = new Producer(cluster)
  let headers = headersOf(idFront(0))
  const encoder = new RecordBatchEncoder(1_000_000)
  encoder.reset()
  let turn = 0
  const flush = async (): Promise<void> => {
    await producer.send(topic, turn++ % partitions, await encoder.seal('zstd'), signal)
    encoder.reset()
  }
  for (let i = 0; i < count; i++) {
    const line = Buffer.from(lineOf(i))
    if (i % linesPerEpoch === 0) headers = headersOf(idFront(i))
    if (encoder.appendLine(line, 0, line.length, headers, i * lineBytes)) continue
    await flush()
    encoder.appendLine(line, 0, line.length, headers, i * lineBytes)
  }
  await flush()
  producer.close()
}

function headersOf(id: string): HeaderBlock {
  const source = { ...benchSource, id }
  return new HeaderBlock([{ key: sourceHeader, value: Buffer.from(JSON.stringify(source)) }], offsetHeader)
}

/** The action and document that the transfer makes of nginx line `index`, made the plain way: as objects, by JSON.stringify. */
export function bulkLines(index: number, dataStream: string, dataset: string, now: string): string {
  const { host, ip, path } = benchSource
  const action = { create: { _index: dataStream, _id: documentId(idFront(index), index * lineBytes) } }
  const document = {
    '@timestamp': now,
    event: { created: now, ingested: now, dataset },
    data_stream: { type: 'logs', dataset, namespace: 'default' },
    host: { name: host, ip },
    log: { file: { path }, offset: index * lineBytes },
    message: nginxLine(index),
  }
  return `${JSON.stringify(action)}\n${JSON.stringify(document)}\n`
}
