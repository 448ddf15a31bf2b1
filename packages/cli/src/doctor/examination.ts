import { openEtcdStore } from '@logpipe/config'
import { Cluster } from '@logpipe/kafka'
import { LogpipeError, systemClock } from '@logpipe/runtime'
import { ClusterInfo } from '../elasticsearch/cluster-info.ts'
import type { CliSettings } from '../settings.ts'
import { collected } from './agents/collected.ts'
import { registered, transfers } from './agents/registered.ts'
import { topics } from './agents/topics.ts'
import { type Check, examine } from './check.ts'
import { disks as nodeDisks } from './elasticsearch/disks.ts'
import { nodes } from './elasticsearch/nodes.ts'
import { type ElasticsearchPatient, nodeTimeoutMs } from './elasticsearch/patient.ts'
import { rights as elasticsearchRights } from './elasticsearch/rights.ts'
import { template } from './elasticsearch/template.ts'
import { versions } from './elasticsearch/versions.ts'
import { members } from './etcd/members.ts'
import type { EtcdPatient } from './etcd/patient.ts'
import { rights as etcdRights } from './etcd/rights.ts'
import { values } from './etcd/values.ts'
import type { NamedFinding } from './finding.ts'
import { brokers } from './kafka/brokers.ts'
import { disks as brokerDisks } from './kafka/disks.ts'
import { brokerTimeouts, type KafkaPatient } from './kafka/patient.ts'
import { replicas } from './kafka/replicas.ts'
import { rights as kafkaRights } from './kafka/rights.ts'

type Checks<Server> = readonly [Check<Server>, ...Check<Server>[]]

/** All checks, by server; the first of each is whether it can be reached. */
const kafkaChecks: Checks<KafkaPatient> = [brokers, replicas, kafkaRights, brokerDisks]
const etcdChecks: Checks<EtcdPatient> = [members, etcdRights, values, registered, transfers, collected]
const elasticsearchChecks: Checks<ElasticsearchPatient> = [nodes, versions, nodeDisks, template, elasticsearchRights]

/**
 * Looks at every server that is known, all at once. Changes nothing, but for a key in etcd that is deleted at once. Rejects with `settings_invalid` where
 * none is known, and where `signal` aborts.
 */
export async function examineAll(settings: CliSettings, signal: AbortSignal): Promise<NamedFinding[]> {
  const { kafka, etcd, elasticsearch } = settings
  if (!kafka && !etcd && !elasticsearch) {
    const todo = 'give --kafka, --etcd or --elasticsearch, set LOGCTL_…, or run npm start in this checkout'
    throw new LogpipeError('settings_invalid', `No server is known to look at: ${todo}.`)
  }
  const found = await Promise.all([
    kafka && examineKafka(kafka, settings.group, signal),
    etcd && examineEtcd(etcd, settings.agents, signal),
    kafka && etcd && examineCollected(kafka, etcd, settings.agents, signal),
    elasticsearch && examineElasticsearch(elasticsearch, signal),
  ])
  return found.flatMap((findings) => findings ?? [])
}

async function examineKafka(
  settings: KafkaPatient['settings'],
  group: string,
  signal: AbortSignal,
): Promise<NamedFinding[]> {
  const cluster = new Cluster({ ...settings, ...brokerTimeouts })
  try {
    return await examine({ cluster, settings, group }, kafkaChecks, signal)
  } finally {
    await cluster.close()
  }
}

const now = (): number => systemClock.now()

async function examineEtcd(
  settings: EtcdPatient['settings'],
  agents: readonly string[],
  signal: AbortSignal,
): Promise<NamedFinding[]> {
  const { prefix: _, ...access } = settings
  const store = await openEtcdStore(access)
  try {
    return await examine({ store, settings, agents, now }, etcdChecks, signal)
  } finally {
    await store.close()
  }
}

/** What takes both: silent where one of them does not answer, which its own checks tell. */
async function examineCollected(
  kafka: KafkaPatient['settings'],
  settings: EtcdPatient['settings'],
  agents: readonly string[],
  signal: AbortSignal,
): Promise<NamedFinding[]> {
  const { prefix: _, ...access } = settings
  const cluster = new Cluster({ ...kafka, ...brokerTimeouts })
  const store = await openEtcdStore(access)
  try {
    const found = await examine({ store, cluster, settings, agents, now }, [topics], signal)
    return found.some(({ level }) => level === 'ok') ? found : []
  } finally {
    await store.close()
    await cluster.close()
  }
}

async function examineElasticsearch(
  settings: ElasticsearchPatient['settings'],
  signal: AbortSignal,
): Promise<NamedFinding[]> {
  const cluster = new ClusterInfo(settings, nodeTimeoutMs)
  try {
    return await examine({ cluster, settings, now }, elasticsearchChecks, signal)
  } finally {
    await cluster.close()
  }
}
