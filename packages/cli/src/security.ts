import { readFileSync } from 'node:fs'
import type { EtcdOptions } from '@logpipe/config'
import type { ClusterOptions } from '@logpipe/kafka'
import { describeError, LogpipeError } from '@logpipe/runtime'
import type { ElasticsearchSettings, Environment } from './settings.ts'

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** How to sign in to Kafka and which certificates to use: LOGCTL_KAFKA_…. Throws `settings_invalid`. */
export function kafkaSecurity(env: Environment): Pick<ClusterOptions, 'tls' | 'sasl'> {
  const given = env.LOGCTL_KAFKA_MECHANISM ?? 'SCRAM-SHA-512'
  const mechanism = mechanisms.find((known) => known === given)
  if (mechanism === undefined) {
    throw invalid(`LOGCTL_KAFKA_MECHANISM is '${given}': it must be one of ${mechanisms.join(', ')}.`)
  }
  const account = accountOf(env, 'LOGCTL_KAFKA')
  const certificates = certificatesOf(env, 'LOGCTL_KAFKA')
  const isTls = /^(true|1)$/.test(env.LOGCTL_KAFKA_TLS ?? '') || Object.keys(certificates).length > 0
  return { ...(isTls && { tls: certificates }), ...(account && { sasl: { mechanism, ...account } }) }
}

/** How to sign in to etcd and which certificates to use: LOGCTL_ETCD_…. Throws `settings_invalid`. */
export function etcdSecurity(env: Environment): Pick<EtcdOptions, 'username' | 'password' | 'tls'> {
  const certificates = certificatesOf(env, 'LOGCTL_ETCD')
  return { ...accountOf(env, 'LOGCTL_ETCD'), ...(Object.keys(certificates).length > 0 && { tls: certificates }) }
}

/** How to sign in to Elasticsearch and which certificates to trust: LOGCTL_ELASTICSEARCH_…. Throws `settings_invalid`. */
export function elasticsearchSecurity(env: Environment): Omit<ElasticsearchSettings, 'nodes'> {
  const { LOGCTL_ELASTICSEARCH_API_KEY: apiKey } = env
  const ca = pemOf(env, 'LOGCTL_ELASTICSEARCH_CA')
  return {
    ...(apiKey === undefined ? accountOf(env, 'LOGCTL_ELASTICSEARCH') : { apiKey }),
    ...(ca !== undefined && { ca }),
  }
}

function accountOf(env: Environment, prefix: string): { username: string; password: string } | undefined {
  const [username, password] = [env[`${prefix}_USERNAME`], env[`${prefix}_PASSWORD`]]
  if (username === undefined) return undefined
  if (password !== undefined) return { username, password }
  throw invalid(`${prefix}_USERNAME is set and ${prefix}_PASSWORD is not: set both.`)
}

interface Certificates {
  ca?: string
  cert?: string
  key?: string
  serverName?: string
}

function certificatesOf(env: Environment, prefix: string): Certificates {
  const serverName = env[`${prefix}_SERVER_NAME`]
  const [ca, cert, key] = [`${prefix}_CA`, `${prefix}_CERT`, `${prefix}_KEY`].map((name) => pemOf(env, name))
  if ((cert === undefined) !== (key === undefined)) throw invalid(`${prefix}_CERT and ${prefix}_KEY go together.`)
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(serverName !== undefined && { serverName }),
  }
}

/** The text of the PEM file that the variable names. */
function pemOf(env: Environment, variable: string): string | undefined {
  const path = env[variable]
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(`${variable} names the file ${path}, which cannot be read: ${describeError(cause)}.`, cause)
  }
}

function invalid(sentence: string, cause?: unknown): LogpipeError {
  return new LogpipeError('settings_invalid', sentence, cause === undefined ? {} : { cause })
}
