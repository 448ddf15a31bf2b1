import type { StackAddresses } from '@logpipe/stack'
import type { Collected } from './settings.ts'

/** A running pipeline, with Docker or without. */
export interface Pipeline {
  addresses: StackAddresses
  /** What else runs or lies where: a name and a place each. */
  others: [string, string][]
  collected: Collected[]
  /** Whether logctl finds the servers by itself, in .local/stack.json. */
  usesUsualState: boolean
  /** Resolves to an error when a part ends that nobody asked to. */
  broken: Promise<Error>
  stop(): Promise<void>
}

/** What runs, where, what is collected, and what to try next; for people. */
export function describePipeline({ addresses, others, collected, usesUsualState }: Pipeline): string {
  const places: [string, string][] = [
    ['Kafka', addresses.kafka.brokers.join(' ')],
    ['etcd', addresses.etcd.endpoints.join(' ')],
    ['Elasticsearch', addresses.elasticsearch.nodes.join(' ')],
    ...others,
  ]
  const flags = usesUsualState ? '' : ` --elasticsearch ${addresses.elasticsearch.nodes.join(',')}`
  return `
logpipe runs:
${table(places)}
It collects:
${table(collected.map(({ what, path, topic }) => [what, `${path}  to topic ${topic}`]))}
Try in another terminal:
  bin/logctl search error${flags}
  bin/logctl tail${flags}
  bin/logctl status${flags}
  echo "hello from $(hostname)" >> /var/log/hello.log && sleep 3 && bin/logctl search hello${flags}
`
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, place]) => `  ${name.padEnd(width)}  ${place}`).join('\n')
}
