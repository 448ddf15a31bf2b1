import { freePorts } from './ports.ts'

export type Service = 'kafka' | 'etcd' | 'elasticsearch' | 'influxdb'

/** What is started where nothing else is said; InfluxDB is for those who ask for it. */
export const usualServices: readonly Service[] = ['kafka', 'etcd', 'elasticsearch']

/** The first port of each service; the others follow from it. */
export type FirstPorts = Record<Service, number>

export const usualPorts: FirstPorts = { kafka: 9092, etcd: 2379, elasticsearch: 9200, influxdb: 8086 }

/** The ports of all servers of each service: per broker or member first the one for clients, then the one for its peers. */
export type Layout = Record<Service, number[]>

/** How many servers of each service a stack has. */
export interface Size {
  brokers: number
  etcdMembers: number
}

/** Lays the servers out from the first port of each service: 9092 and 9093, 9094 and 9095, …; Elasticsearch 9200 and 9300; InfluxDB 8086 and 8088. */
export function layoutFrom(first: FirstPorts, { brokers, etcdMembers }: Size): Layout {
  const run = (port: number, count: number): number[] => Array.from({ length: count }, (_, index) => port + index)
  return {
    kafka: run(first.kafka, 2 * brokers),
    etcd: run(first.etcd, 2 * etcdMembers),
    elasticsearch: [first.elasticsearch, first.elasticsearch + 100],
    influxdb: [first.influxdb, first.influxdb + 2],
  }
}

/** Lays the servers out on ports that nobody uses now. */
export async function freeLayout({ brokers, etcdMembers }: Size): Promise<Layout> {
  const ports = await freePorts(2 * brokers + 2 * etcdMembers + 4)
  return {
    kafka: ports.splice(0, 2 * brokers),
    etcd: ports.splice(0, 2 * etcdMembers),
    elasticsearch: ports.splice(0, 2),
    influxdb: ports,
  }
}

/** The ports that clients use. */
export function clientPorts(ports: number[]): number[] {
  return ports.filter((_, index) => index % 2 === 0)
}
