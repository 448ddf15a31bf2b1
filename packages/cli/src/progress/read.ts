import { type AgentProgress, parseProgress } from '@logpipe/config'
import { Cluster, TopicReader } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { patiently } from '../kafka/patiently.ts'
import { readToEnd } from '../kafka/read-to-end.ts'
import type { CliSettings } from '../settings.ts'

/** Bytes of one fetch: the topic is read from end to end. */
const maxPartitionBytes = 4_194_304

/** What the topic holds. */
export interface FleetProgress {
  /** The last that each agent said, by id. */
  agents: AgentProgress[]
  /** Records that are no agent's, each key counted once. */
  foreign: number
}

/** Reads what agents said last. Rejects with `kafka_topic_missing` and what to do about it where nobody said anything. */
export async function readProgress(
  settings: NonNullable<CliSettings['kafka']>,
  topic: string,
  signal: AbortSignal,
): Promise<FleetProgress> {
  const cluster = new Cluster({ ...settings, clientId: 'logctl' })
  try {
    const reader = new TopicReader(cluster, { maxPartitionBytes })
    return await patiently(() => lastOfEach({ cluster, reader }, topic, signal), signal)
  } catch (cause) {
    if (!isLogpipeError(cause, 'kafka_topic_missing')) throw cause
    const message =
      `There is no topic ${topic}: no agent has said yet how far its files are. Agents make it, unless kafka.progressMs is 0 or they may not ` +
      '(then their log says so); another name is given by --progress-topic.'
    throw new LogpipeError('kafka_topic_missing', message, { cause })
  } finally {
    await cluster.close()
  }
}

async function lastOfEach(
  servers: { cluster: Cluster; reader: TopicReader },
  topic: string,
  signal: AbortSignal,
): Promise<FleetProgress> {
  const agents = new Map<string, AgentProgress>()
  const foreign = new Set<string>()
  for await (const { key, value } of readToEnd(servers, topic, signal)) {
    const name = key === null ? '' : key.toString('utf8')
    const said = parseProgress(key, value)
    if (said === null && value !== null) foreign.add(name)
    if (said === null) agents.delete(name)
    // In another partition the later one may stand first.
    else if (said.at >= (agents.get(name)?.at ?? '')) agents.set(name, said)
  }
  return { agents: [...agents.values()].toSorted((a, b) => (a.agent < b.agent ? -1 : 1)), foreign: foreign.size }
}
