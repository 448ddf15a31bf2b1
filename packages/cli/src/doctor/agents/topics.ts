import { type ParsedEntries, parseGroup, parseHostValue, parseKey, parseService, type StoreItem } from '@logpipe/config'
import { type Cluster, topicSettings } from '@logpipe/kafka'
import { patiently } from '../../kafka/patiently.ts'
import type { Check } from '../check.ts'
import type { EtcdPatient } from '../etcd/patient.ts'
import { type Finding, ok, problem, unknown } from '../finding.ts'

/** What is collected, and the cluster that it goes to. */
export interface CollectedPatient extends EtcdPatient {
  cluster: Cluster
}

/** Whether the topics that entries in etcd name keep every line. Those of agents that go by a file alone are not known here. */
export const topics: Check<CollectedPatient> = {
  about: 'agents',
  name: 'topics',
  async look({ store, cluster, settings: { prefix } }, signal) {
    const { items } = await store.list(`${prefix}/collect/`)
    const named = new Set(items.flatMap((item) => topicsOf(item, prefix)))
    const there = (await patiently(() => cluster.topics(signal), signal)).filter((topic) => named.has(topic))
    const policy = 'cleanup.policy'
    const found = await patiently(() => topicSettings(cluster, there, [policy], signal), signal)
    const findings = there.flatMap((topic) => policyFinding(topic, found.get(topic)?.get(policy)))
    const well = there.length - findings.length
    return [...findings, ok(`${well} of ${there.length} topics that entries in etcd name keep every line.`)]
  },
}

/** What is to be said of a topic's `cleanup.policy`, undefined where we may not see it; nothing where all is well. */
export function policyFinding(topic: string, policy: string | undefined): Finding[] {
  if (policy === undefined) {
    const todo = 'Give this user the right DESCRIBE_CONFIGS on it: kafka-acls.sh --add (docs/security.md).'
    return [unknown(`Topic ${topic}: whether it is compacted cannot be seen.`, todo)]
  }
  if (!policy.split(',').includes('compact')) return []
  return [
    problem(
      `Topic ${topic}, which lines are collected into, is compacted: of the lines of a file (one key) Kafka keeps the last and deletes the others.`,
      `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=delete`,
    ),
  ]
}

function topicsOf({ key, value }: StoreItem, prefix: string): string[] {
  const target = parseKey(prefix, key)
  switch (target?.kind) {
    case 'host':
      return names(parseHostValue(value, key))
    case 'group': {
      const group = parseGroup(value, key)
      return [...names(group), ...names('canary' in group && group.canary !== null ? group.canary : none)]
    }
    case 'service':
      return names(parseService(value, key))
    default:
      return []
  }
}

const none = { entries: [] }

/** A value that cannot be used names no topic: the check of values tells of it. */
function names(parsed: Pick<ParsedEntries, 'entries'> | object): string[] {
  return 'entries' in parsed ? parsed.entries.map(({ topic }) => topic) : []
}
