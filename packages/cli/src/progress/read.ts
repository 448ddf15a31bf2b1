import { type AgentProgress, parseProgress } from '@logpipe/config'
import { Cluster, TopicReader } from '@logpipe/kafka'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { patiently } from '../kafka/patiently.ts'
import type { WholeRecord } from '../kafka/read-records.ts'
import { readToEnd } from '../kafka/read-to-end.ts'
import type { CliSettings } from '../settings.ts'

/** Bytes of one fetch: the topic is read from end to end. */
const maxPartitionBytes = 4_194_304

/** What the topic holds. */
export interface FleetProgress {
  /** The last that each agent said, by id. */
  agents: AgentProgress[]
  /** Keys whose last record is no agent's. */
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

/** What nobody asks for any more is not parsed: of a busy agent there may be many records. */
async function lastOfEach(
  servers: { cluster: Cluster; reader: TopicReader },
  topic: string,
  signal: AbortSignal,
): Promise<FleetProgress> {
  const last = new Map<string, Pick<WholeRecord, 'key' | 'value'>>()
  for await (const { key, value, partition } of readToEnd(servers, topic, signal)) {
    const name = key?.toString('utf8') ?? ''
    last.set(`${partition} ${name}`, { key, value })
  }
  const agents = new Map<string, AgentProgress>()
  const foreign = new Set<string>()
  for (const { key, value } of last.values()) {
    const said = parseProgress(key, value)
    if (said === null) {
      if (value !== null) foreign.add(key?.toString('utf8') ?? '')
      continue
    }
    // It may stand in another partition, too, where somebody has added some: the later one counts.
    if (said.at >= (agents.get(said.agent)?.at ?? '')) agents.set(said.agent, said)
  }
  return { agents: [...agents.values()].toSorted((a, b) => (a.agent < b.agent ? -1 : 1)), foreign: foreign.size }
}
