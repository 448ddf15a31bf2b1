import { maxDataStreamPartBytes } from '@logpipe/config'

/** Where documents go: a data stream `<type>-<dataset>-<namespace>`. */
export interface Target {
  type: string
  dataset: string
  namespace: string
}

/** The name of the data stream. */
export function dataStreamName({ type, dataset, namespace }: Target): string {
  return `${type}-${dataset}-${namespace}`
}

/** What Elasticsearch takes in no index name; the `-` parts dataset from namespace; and what is no character to a person or no text at all. */
const forbidden = /[-\\/*?"<>|,#: \p{Cc}\p{Cs}]/gu

/**
 * Makes any text, such as a topic's name, a dataset or namespace that Elasticsearch takes: lower case, what may not stand there becomes `_`, cut
 * to 100 bytes. All else stays, letters of any script: `生产` and `测试` are two namespaces. What settings take (`DataStreamPart`) comes back as it
 * was. Never empty.
 */
export function dataStreamPart(text: string): string {
  const plain = text.toLowerCase().replaceAll(forbidden, '_')
  const part = plain.replace(/^[._+]+(?=[^._+])/, '')
  return cutToBytes(/^[^._+]/.test(part) ? part : `x${part}`)
}

/** The longest beginning of whole characters that fits. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxDataStreamPartBytes) return text
  let end = maxDataStreamPartBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
