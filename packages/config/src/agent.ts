import { z } from 'zod'
import { IpAddress, ListenAddress } from './address.ts'
import { DeadLetterSuffix } from './dead-letter.ts'
import { CollectEntry, sameEntryId } from './entry/entry.ts'
import { EtcdConnection } from './etcd-connection.ts'
import { AbsolutePath } from './file-path.ts'
import { holds } from './holds.ts'
import { HostMetrics } from './host-metrics.ts'
import { kafkaConnection } from './kafka.ts'
import { Log } from './log.ts'
import { FieldName, Label, Name } from './names.ts'
import { defaultProgressTopic } from './progress.ts'
import { TopicName } from './topic.ts'

/** More often would cost more than it tells. */
const leastProgressMs = 100

const Kafka = z
  .strictObject({
    ...kafkaConnection,
    clientId: Name.default('logagent').describe("Name of this client in the brokers' logs and quotas."),
    partitions: z.int().min(1).max(10_000).default(6).describe('Partitions of topics that the agent creates.'),
    replication: z
      .union([z.literal('auto'), z.int().min(1).max(32)], { error: "must be 'auto' or a number from 1 to 32" })
      .default('auto')
      .describe('Replicas of topics that the agent creates; `auto`: 3, or as many as there are brokers.'),
    batchBytes: z
      .int()
      .min(32_768)
      .max(64 * 1_048_576)
      .default(1_000_000)
      .describe("Largest batch; keep it below the brokers' `message.max.bytes`."),
    lingerMs: z.int().min(0).max(60_000).default(50).describe('How long a batch waits to become full.'),
    maxInFlightBytes: z
      .int()
      .min(65_536)
      .max(16 * 1_073_741_824)
      .default(67_108_864)
      .describe('Bytes read and not yet acknowledged, at most; then reading waits.'),
    progressTopic: TopicName.default(defaultProgressTopic).describe(
      'Topic to which this agent says how far its files are (docs/design/control-plane.md, Progress); transfers leave topics alone that begin with `logpipe.`.',
    ),
    progressMs: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(10_000)
      .refine((ms) => ms === 0 || ms >= leastProgressMs, `must be 0 (never), or at least ${leastProgressMs}`)
      .describe('How often it does, where something has changed; 0: never.'),
  })
  .refine((kafka) => kafka.maxInFlightBytes >= kafka.batchBytes, {
    path: ['maxInFlightBytes'],
    error: 'must not be less than batchBytes',
    when: holds({ maxInFlightBytes: z.int(), batchBytes: z.int() }),
  })

const Http = z.strictObject({
  listen: ListenAddress.default('127.0.0.1:9600').describe(
    '`host:port` of /metrics, /healthz, /readyz and /files; port 0 takes a free one.',
  ),
})

const Discover = z.strictObject({
  pollMs: z.int().min(50).max(3_600_000).default(1_000).describe('How often the globs are looked at.'),
  hint: z
    .boolean()
    .default(true)
    .describe('Whether folders are watched, so that changes are seen before the next look; not needed to see them.'),
  roots: z
    .array(AbsolutePath)
    .min(1)
    .max(1_000)
    .default(['/'])
    .describe('Folders outside of which no file is collected, also not by a symbolic link.'),
  holdMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(5_000)
    .describe('How long a new file that may be the copy of one being read is held back.'),
})

const Read = z.strictObject({
  chunkBytes: z
    .int()
    .min(4_096)
    .max(64 * 1_048_576)
    .default(1_048_576)
    .describe('Bytes of one read.'),
  maxOpenFiles: z.int().min(1).max(1_000_000).default(4_096).describe('Files held open at once, at most.'),
  flushPartialMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(0)
    .describe('After this time without growth an unfinished last line is sent as it is; 0: never.'),
})

const Registry = z.strictObject({
  flushMs: z.int().min(1).max(60_000).default(1_000).describe('How often acknowledged positions are written to disk.'),
  forgetMs: z
    .int()
    .min(1_000)
    .max(365 * 86_400_000)
    .default(86_400_000)
    .describe('How long the position of a removed file is kept.'),
})

const DeadLetter = z.strictObject({
  topicSuffix: DeadLetterSuffix.describe('What `onLongLine: deadLetter` sets aside goes to `<topic><suffix>`.'),
})

const AgentEtcd = EtcdConnection.safeExtend({
  requests: z
    .boolean()
    .default(true)
    .describe('Whether requests by logctl and console (previews of entries) are answered.'),
  keys: z
    .array(
      z
        .string()
        .regex(/^\/\S*%s\S*$/, {
          error: "must begin with / and hold %s, which stands for the host's address",
        })
        .max(500),
    )
    .max(10)
    .default([])
    .describe("Further keys with a host's entries, for those who have such keys already: `/my/own/%s/conf`."),
})

/** All settings of `logagent`, default beside each key. */
export const AgentSettings = z
  .strictObject({
    kafka: Kafka.describe('Where the lines go.'),
    etcd: AgentEtcd.exactOptional().describe('Where the entries of the fleet are kept; without it, `entries` are all.'),
    entries: z.array(CollectEntry).max(10_000).prefault([]).describe('What to collect on this host.'),
    dataDir: AbsolutePath.default('/var/lib/logagent').describe('Folder of the registry; one agent per folder.'),
    http: Http.prefault({}).describe('HTTP endpoint for metrics and health.'),
    id: Name.exactOptional().describe('Name of this agent, unique in the fleet. Default: the host name.'),
    host: Label.exactOptional().describe('`host.name` of the documents. Default: the host name.'),
    ip: IpAddress.exactOptional().describe(
      '`host.ip`, and the IP whose entries in etcd are meant. Default: the address used towards the first server at the start.',
    ),
    ips: z
      .array(IpAddress)
      .max(100)
      .prefault([])
      .describe('Further addresses of this host: their entries in etcd are meant, too.'),
    labels: z.record(FieldName, Label).default({}).describe('Labels of this host, by which groups select it.'),
    discover: Discover.prefault({}).describe('Finding files.'),
    read: Read.prefault({}).describe('Reading files.'),
    deadLetter: DeadLetter.prefault({}).describe('Where lines rest that are too long.'),
    registry: Registry.prefault({}).describe('Positions on disk.'),
    hostMetrics: HostMetrics.prefault({}).describe(
      'CPU, memory, disks and more of this host, and of the agent itself.',
    ),
    shutdownMs: z.int().min(100).max(600_000).default(15_000).describe('How long an orderly stop may take.'),
    log: Log.prefault({}).describe("The agent's own log (JSON lines on stderr)."),
  })
  .superRefine(
    ({ entries }, context) => {
      const ids = entries.map(entryIdOf)
      ids.forEach((id, index) => {
        if (id === undefined || ids.indexOf(id) === index) return
        context.addIssue({ code: 'custom', path: ['entries', index, 'id'], message: sameEntryId })
      })
    },
    { when: holds({ entries: z.array(z.unknown()) }) },
  )

export type AgentSettings = z.output<typeof AgentSettings>

/** The id of an entry that may not be sound yet. */
function entryIdOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined
}
