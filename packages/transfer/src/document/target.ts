/** Longest dataset or namespace that Elasticsearch takes, in bytes. */
const maxPartLength = 100

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

/**
 * Makes any text, such as a topic's name, a dataset or namespace that Elasticsearch takes: lower case, `-` and what may not
 * stand in an index name become `_`, cut to 100 bytes. Never empty.
 */
export function dataStreamPart(text: string): string {
  // Kafka's topics are ASCII; a dataset from a header may be anything, so what is not plain is replaced as well.
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9._+]/g, '_')
  const part = plain.replace(/^[._+]+(?=[a-z0-9])/, '').slice(0, maxPartLength)
  return /^[a-z0-9]/.test(part) ? part : `x${part}`.slice(0, maxPartLength)
}
