import { type TopicHealth, topicHealth } from '@logpipe/kafka'
import { patiently } from '../../kafka/patiently.ts'
import type { Check } from '../check.ts'
import { type Finding, ok, problem, warning } from '../finding.ts'
import type { KafkaPatient } from './patient.ts'

/** Whether every partition has a leader and enough copies to be written, and how many copies are away. */
export const replicas: Check<KafkaPatient> = {
  about: 'Kafka',
  name: 'replicas',
  async look({ cluster }, signal) {
    const topics = await patiently(async () => topicHealth(cluster, await cluster.topics(signal), signal), signal)
    const brokers = cluster.brokerCount()
    const findings = topics.flatMap((topic) => topicFinding(topic, brokers) ?? [])
    const well = topics.length - findings.length
    return [...findings, ok(`${well} of ${topics.length} topics have all their copies.`)]
  },
}

/** The worst that can be said of a topic; null where all is well. */
export function topicFinding({ topic, partitions, minInSync }: TopicHealth, brokers: number): Finding | null {
  const least = minInSync ?? 1
  const some = (count: number): string => `${count} of ${partitions.length} partitions`
  const headless = partitions.filter(({ hasLeader }) => !hasLeader).length
  if (headless > 0) {
    return problem(
      `Topic ${topic}: ${some(headless)} have no leader; nothing of them can be read or written.`,
      `Start the brokers that hold them (kafka-topics.sh --describe --topic ${topic} --unavailable-partitions).`,
    )
  }
  const never = partitions.filter(({ replicas: copies }) => copies < least).length
  if (never > 0) {
    return problem(
      `Topic ${topic}: ${some(never)} have fewer copies than min.insync.replicas (${least}); nothing can ever be written there with acks=all.`,
      `Add copies (kafka-reassign-partitions.sh), or lower the setting: kafka-configs.sh --alter --topic ${topic} --add-config min.insync.replicas=1`,
    )
  }
  const short = partitions.filter(({ inSync }) => inSync < least).length
  if (short > 0) {
    return problem(
      `Topic ${topic}: ${some(short)} have fewer copies in sync than min.insync.replicas (${least}); nothing can be written there.`,
      `Start the brokers that are away (kafka-topics.sh --describe --topic ${topic} --under-min-isr-partitions).`,
    )
  }
  const behind = partitions.filter(({ inSync, replicas: copies }) => inSync < copies).length
  if (behind > 0) {
    return warning(
      `Topic ${topic}: ${some(behind)} have copies that are not in sync.`,
      `Start the brokers that are away, or give them time (kafka-topics.sh --describe --topic ${topic} --under-replicated-partitions).`,
    )
  }
  const single = partitions.filter(({ replicas: copies }) => copies === 1).length
  if (single > 0 && brokers > 1) {
    return warning(
      `Topic ${topic}: ${some(single)} have one copy only, though there are ${brokers} brokers; with its broker they are lost.`,
      'Add copies (kafka-reassign-partitions.sh); agents make topics with three where there are three brokers.',
    )
  }
  return null
}
