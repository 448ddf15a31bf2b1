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
  return `
logpipe runs:
${table(places)}
It collects:
${table(collected.map(({ what, path, topic }) => [what, `${path}  to topic ${topic}`]))}
Try in another terminal:
${usesUsualState ? '' : `  export ${variables(addresses)}\n`}  bin/logctl search error
  bin/logctl tail
  bin/logctl status
  echo "hello from $(hostname)" >> /var/log/hello.log && sleep 3 && bin/logctl search hello
`
}

/** logctl finds the servers in .local/stack.json by itself; those of another folder it is told. */
function variables({ kafka, etcd, elasticsearch }: StackAddresses): string {
  const values = { KAFKA: kafka.brokers, ETCD: etcd.endpoints, ELASTICSEARCH: elasticsearch.nodes }
  return Object.entries(values)
    .map(([name, list]) => `LOGCTL_${name}=${list.join(',')}`)
    .join(' ')
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, place]) => `  ${name.padEnd(width)}  ${place}`).join('\n')
}
