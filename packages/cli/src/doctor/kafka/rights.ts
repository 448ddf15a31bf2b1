import { randomBytes } from 'node:crypto'
import { groupRights, type KafkaRight, mayCreateTopic, topicHealth } from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'
import { patiently } from '../../kafka/patiently.ts'
import type { Check } from '../check.ts'
import { type Finding, ok, warning } from '../finding.ts'
import type { KafkaPatient } from './patient.ts'

/** What each right is for, and so who needs it. */
const uses: Partial<Record<KafkaRight, string>> = {
  write: 'agents, the dead letters of transfers and logctl dlq replay need it',
  read: 'transfers and logctl tail need it',
}

/** What the user that we signed in as may do. Nothing is changed: the broker is only asked. */
export const rights: Check<KafkaPatient> = {
  about: 'Kafka',
  name: 'rights',
  async look({ cluster, settings, group }, signal) {
    const who = settings.sasl === undefined ? 'We' : `User ${settings.sasl.username}`
    const topics = await patiently(async () => topicHealth(cluster, await cluster.topics(signal), signal), signal)
    const findings: Finding[] = []
    for (const right of ['write', 'read'] as const) {
      const without = topics.filter((topic) => !topic.rights.has(right)).map(({ topic }) => topic)
      if (without.length === 0) continue
      findings.push(
        missing(
          `${who} may not ${right} ${without.length} of ${topics.length} topics (${some(without)}); ${uses[right]}.`,
        ),
      )
    }
    const unused = `logpipe-doctor-${randomBytes(6).toString('hex')}`
    if (!(await mayCreateTopic(cluster, unused, signal))) {
      findings.push(missing(`${who} may not create topics; agents need it for topics that are not there yet.`))
    }
    if (!(await mayRead(group))) {
      findings.push(missing(`${who} may not read as the group ${group}; transfers, and lag in logctl status, need it.`))
    }
    return findings.length > 0
      ? findings
      : [ok(`${who} may create topics, read and write all ${topics.length}, and read as the group ${group}.`)]

    async function mayRead(name: string): Promise<boolean> {
      try {
        return (await patiently(() => groupRights(cluster, name, signal), signal)).has('read')
      } catch (error) {
        if (isLogpipeError(error, 'kafka_topic_forbidden')) return false
        throw error
      }
    }
  },
}

/** One user need not have all rights, so it is a warning. */
function missing(found: string): Finding {
  return warning(found, 'Where this user is to do so, give it the right: kafka-acls.sh --add (docs/security.md).')
}

function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ')
}
