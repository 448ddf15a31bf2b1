import { readFileSync } from 'node:fs'
import { defaultDeadLetterSuffix, defaultProgressTopic, type EtcdOptions, topicFault } from '@logpipe/config'
import type { ClusterOptions } from '@logpipe/kafka'
import { LogpipeError } from '@logpipe/runtime'
import { elasticsearchSecurity, etcdSecurity, kafkaSecurity } from './security.ts'

/** Where the servers are and how to sign in. What is not given anywhere is absent. */
export interface CliSettings {
  kafka?: Pick<ClusterOptions, 'brokers' | 'tls' | 'sasl'>
  etcd?: EtcdSettings
  elasticsearch?: ElasticsearchSettings
  /** Addresses of the HTTP endpoints of agents and transfers, as URLs. */
  agents: string[]
  transfers: string[]
  /** The consumer group whose lag is shown. */
  group: string
  /** What stands behind a topic's name to make that of its dead letters, and the topic that says which of them are done. */
  deadLetters: { suffix: string; marks: string }
  /** The topic in which agents say how far their files are. */
  progressTopic: string
}

export type EtcdSettings = Pick<EtcdOptions, 'username' | 'password' | 'tls'> & {
  endpoints: string[]
  /** Where all keys of logpipe start. */
  prefix: string
}

export interface ElasticsearchSettings {
  nodes: string[]
  username?: string
  password?: string
  apiKey?: string
  /** PEM text. */
  ca?: string
}

/** Values of the address flags as typed; absent where not given. Secrets have no flag: a command line is seen by all. */
export interface AddressFlags {
  kafka?: string
  etcd?: string
  etcdPrefix?: string
  elasticsearch?: string
  agents?: string
  transfers?: string
  consumerGroup?: string
  suffix?: string
  marks?: string
  progressTopic?: string
}

export type Environment = Record<string, string | undefined>

/** What `npm start` leaves in `.local/stack.json` of a checkout, as far as it is needed here. */
interface StackFile {
  kafka?: { brokers?: string[] }
  etcd?: { endpoints?: string[] }
  elasticsearch?: { nodes?: string[] }
  agents?: string[]
  transfers?: string[]
}

/**
 * Addresses from flags, else the environment (LOGCTL_…), else `stackFile` where there is one. Throws `settings_invalid` with a
 * sentence for the first value that is wrong.
 */
export function readSettings(flags: AddressFlags, env: Environment, stackFile: string): CliSettings {
  const stack = readStackFile(stackFile)
  const brokers = list('--kafka', flags.kafka, env, 'LOGCTL_KAFKA') ?? stack.kafka?.brokers
  const endpoints = list('--etcd', flags.etcd, env, 'LOGCTL_ETCD') ?? stack.etcd?.endpoints
  const nodes = list('--elasticsearch', flags.elasticsearch, env, 'LOGCTL_ELASTICSEARCH') ?? stack.elasticsearch?.nodes
  const agents = list('--agents', flags.agents, env, 'LOGCTL_AGENTS') ?? stack.agents ?? []
  const transfers = list('--transfers', flags.transfers, env, 'LOGCTL_TRANSFERS') ?? stack.transfers ?? []
  return {
    ...(brokers && { kafka: { brokers: brokers.map(hostAndPort), ...kafkaSecurity(env) } }),
    ...(endpoints && {
      etcd: {
        endpoints: endpoints.map((endpoint) => parseUrl(endpoint).origin),
        prefix: flags.etcdPrefix ?? env.LOGCTL_ETCD_PREFIX ?? '/logpipe',
        ...etcdSecurity(env),
      },
    }),
    ...(nodes && { elasticsearch: { nodes: nodes.map(url), ...elasticsearchSecurity(env) } }),
    agents: agents.map(url),
    transfers: transfers.map(url),
    group: flags.consumerGroup ?? env.LOGCTL_GROUP ?? 'logtransfer',
    deadLetters: {
      suffix: topicPart('--suffix', flags.suffix, env, 'LOGCTL_DLQ_SUFFIX') ?? defaultDeadLetterSuffix,
      marks: topicPart('--marks', flags.marks, env, 'LOGCTL_DLQ_MARKS') ?? 'logpipe.dlq-marks',
    },
    progressTopic:
      topicPart('--progress-topic', flags.progressTopic, env, 'LOGCTL_PROGRESS_TOPIC') ?? defaultProgressTopic,
  }
}

/** The settings of one server, or a `settings_invalid` that says how to give them. */
export function need<K extends 'kafka' | 'etcd' | 'elasticsearch'>(
  settings: CliSettings,
  server: K,
): NonNullable<CliSettings[K]> {
  const found = settings[server]
  if (found !== undefined) return found
  const name = { kafka: 'Kafka', etcd: 'etcd', elasticsearch: 'Elasticsearch' }[server]
  throw new LogpipeError(
    'settings_invalid',
    `Where ${name} is, is not known: give --${server}, set LOGCTL_${server.toUpperCase()}, or run npm start in this checkout.`,
  )
}

function list(flag: string, typed: string | undefined, env: Environment, variable: string): string[] | undefined {
  const value = typed ?? env[variable]
  if (value === undefined) return undefined
  const items = value.split(',').map((item) => item.trim())
  if (!items.includes('')) return items
  const where = typed === undefined ? variable : flag
  throw new LogpipeError('settings_invalid', `${where} is '${value}': it needs addresses, with commas between them.`)
}

function topicPart(flag: string, typed: string | undefined, env: Environment, variable: string): string | undefined {
  const value = typed ?? env[variable]
  const fault = value === undefined ? null : topicFault(value)
  if (fault === null) return value
  const where = typed === undefined ? variable : flag
  throw new LogpipeError('settings_invalid', `${where} is '${value}': it ${fault}.`)
}

function hostAndPort(address: string): string {
  const parsed = URL.parse(`tcp://${address}`)
  if (parsed !== null && parsed.port !== '' && parsed.host === address.toLowerCase()) return address
  throw new LogpipeError(
    'settings_invalid',
    `'${address}' is no address of a Kafka broker: write host:port, e.g. 127.0.0.1:9092.`,
  )
}

/** With the path behind the host, where there is one: a server may be below one of a proxy. */
function url(address: string): string {
  const { origin, pathname } = parseUrl(address)
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

/** `host:port` is taken as http. */
function parseUrl(address: string): URL {
  const parsed = URL.parse(/^https?:\/\//.test(address) ? address : `http://${address}`)
  if (parsed !== null && !/\s/.test(address)) return parsed
  throw new LogpipeError('settings_invalid', `'${address}' is no address: write http://host:port or host:port.`)
}

function readStackFile(path: string): StackFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {} // No stack runs in this checkout, or it is none of ours: then flags and environment say.
  }
  try {
    return JSON.parse(text) as StackFile
  } catch (cause) {
    throw new LogpipeError('settings_invalid', `${path} is not JSON; remove it, or start the stack again.`, { cause })
  }
}
