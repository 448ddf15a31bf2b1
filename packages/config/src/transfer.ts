import { z } from 'zod'
import { HttpUrl, ListenAddress } from './address.ts'
import { DeadLetterSuffix, deadLetterTopicFault } from './dead-letter.ts'
import { EtcdConnection } from './etcd-connection.ts'
import { AbsolutePath } from './file-path.ts'
import { holds } from './holds.ts'
import { Influxdb } from './influxdb.ts'
import { kafkaConnection, Pem } from './kafka.ts'
import { Log } from './log.ts'
import { DataStreamPart, Name } from './names.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { Foreign, Route } from './pipeline/route.ts'
import { withoutElasticsearch } from './sinks.ts'
import { TopicGlob } from './topic.ts'

const isSection = holds({})

const Kafka = z.strictObject({
  ...kafkaConnection,
  group: Name.default('logtransfer').describe('Consumer group; instances of one group share the partitions.'),
  topics: z
    .array(TopicGlob)
    .min(1)
    .max(1_000)
    .refine((globs) => globs.some((glob) => !glob.startsWith('!')), "needs at least one glob without '!'")
    .describe('Globs of the topics to index: `*`, `?`, `!` in front leaves out. New topics are picked up.'),
  clientId: Name.default('logtransfer').describe("Name of this client in the brokers' logs and quotas."),
  sessionTimeoutMs: z
    .int()
    .min(6_000)
    .max(1_800_000)
    .default(30_000)
    .describe('An instance that is silent for so long loses its partitions to the others.'),
  maxPartitionBytes: z
    .int()
    .min(65_536)
    .max(256 * 1_048_576)
    .default(4_194_304)
    .describe('Bytes of one fetch from one partition.'),
  topicRefreshMs: z.int().min(100).max(600_000).default(5_000).describe('How often new topics are looked for.'),
})

const DataStream = z.strictObject({
  type: DataStreamPart.default('logs').describe('`<type>` of `<type>-<dataset>-<namespace>`.'),
  namespace: DataStreamPart.default('default').describe('`<namespace>` where the source names none.'),
  retention: z
    .string()
    .regex(/^[1-9]\d{0,5}[dhm]$/, "must be a number of days, hours or minutes, for instance '30d'")
    .exactOptional()
    .describe(
      'How long documents are kept at least (`30d`), by the data stream lifecycle of Elasticsearch 8.11 and newer. Without it they are kept for ever.',
    ),
})

const Elasticsearch = z
  .strictObject({
    nodes: z.array(HttpUrl).min(1).max(100).describe('Addresses of Elasticsearch nodes.'),
    username: z.string().min(1).exactOptional().describe('User name (basic authentication).'),
    password: z.string().min(1).exactOptional().describe('Password; never logged.'),
    apiKey: z
      .string()
      .min(1)
      .regex(
        /^[\w+/=-]*$/,
        'must be the key in base64, which Elasticsearch calls `encoded`: no colon, blank or line break',
      )
      .exactOptional()
      .describe('API key (base64), instead of user name and password; never logged.'),
    ca: Pem.exactOptional().describe('Certificates to trust (PEM file).'),
    bulkBytes: z
      .int()
      .min(65_536)
      .max(100 * 1_048_576)
      .default(5_242_880)
      .describe('Bytes of one bulk request.'),
    bulkDocs: z.int().min(1).max(100_000).default(5_000).describe('Documents of one bulk request.'),
    bulkAgeMs: z.int().min(1).max(60_000).default(250).describe('How long a bulk request waits to become full.'),
    inFlight: z
      .int()
      .min(1)
      .max(64)
      .default(8)
      .describe('Bulk requests under way at once, at most. It begins with 2 and goes by how the server answers.'),
    compression: z
      .enum(['none', 'gzip'])
      .default('none')
      .describe('Of bulk requests. `gzip` for a slow network: a tenth of the bytes, for some CPU here and there.'),
    requestTimeoutMs: z.int().min(1_000).max(600_000).default(60_000).describe('Deadline of one request.'),
    lookUpSuspects: z
      .boolean()
      .default(true)
      .describe(
        'Looks up by id, in all indices of the target, what may have been written before. Without it a record that is sent again after a rollover stands twice. Needs the rights `read`, `view_index_metadata` and `maintenance`; better also `delete`, and `monitor` of the cluster (docs/design/transfer.md, Suspects).',
      ),
    dataStream: DataStream.prefault({}).describe('Where documents go.'),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ['password'],
    error: 'and username go together; one of them is missing',
    when: isSection,
  })
  .refine(({ username, apiKey }) => username === undefined || apiKey === undefined, {
    path: ['apiKey'],
    error: 'and a user name exclude each other; keep one of them',
    when: isSection,
  })

const Kibana = z.strictObject({
  url: HttpUrl.describe('Address of Kibana; user, password, API key and certificates are those of Elasticsearch.'),
  space: z
    .string()
    .regex(/^[a-z0-9_-]{1,100}$/, "must be a space's identifier: small letters, digits, '-' and '_'")
    .exactOptional()
    .describe('Space of Kibana; without it the default one.'),
})

const DeadLetter = z.strictObject({
  topicSuffix: DeadLetterSuffix.describe('What Elasticsearch refuses goes to `<topic><suffix>`.'),
})

const Audit = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Whether this instance stands for election. Needs the rights to write `<prefix>/audit/` and `<prefix>/locks/`.',
    ),
  keepDays: z.int().min(1).max(36_500).default(365).describe('How long changes stay in the history, days.'),
})

const TransferEtcd = EtcdConnection.safeExtend({
  requests: z
    .boolean()
    .default(true)
    .describe('Whether requests by logctl and console (what lines become) are answered.'),
})

const Http = z.strictObject({
  listen: ListenAddress.default('127.0.0.1:9601').describe(
    '`host:port` of /metrics, /healthz and /readyz; port 0 takes a free one.',
  ),
})

/** All settings of `logtransfer`, default beside each key. */
export const TransferSettings = z
  .strictObject({
    kafka: Kafka.describe('Where the lines come from.'),
    elasticsearch: Elasticsearch.exactOptional().describe(
      'Where the documents go. Only a transfer whose topics all go to InfluxDB by `routes` needs none.',
    ),
    kibana: Kibana.exactOptional().describe('Where `logtransfer setup` puts the data view, a search and a dashboard.'),
    influxdb: Influxdb.exactOptional().describe('Where the points of routes with `sink: influxdb` go.'),
    routes: z
      .array(Route)
      .max(1_000)
      .default([])
      .describe('Where the records of some topics go, and how they are parsed; the first that matches decides.'),
    pipelines: z
      .record(Name, Pipeline)
      .default({})
      .describe('How lines are parsed, by name (docs/pipelines.md); those of the same name in etcd win.'),
    foreign: Foreign.prefault({}).describe('Records of other producers, without our headers.'),
    etcd: TransferEtcd.exactOptional().describe(
      'Where pipelines of the fleet are kept, and this transfer is registered; without it, `pipelines` are all.',
    ),
    audit: Audit.prefault({}).describe(
      'With etcd, one elected instance writes down what was changed there without logctl, and forgets old changes.',
    ),
    maxInFlightBytes: z
      .int()
      .min(1_048_576)
      .max(16 * 1_073_741_824)
      .default(67_108_864)
      .describe('Bytes fetched and not yet accepted, at most; then fetching waits.'),
    deadLetter: DeadLetter.prefault({}).describe('Where rejected records rest.'),
    dataDir: AbsolutePath.exactOptional().describe(
      'Folder for a copy of the pipelines that were used last, for a start while etcd does not answer. Without it such a start waits for etcd.',
    ),
    setup: z
      .boolean()
      .default(true)
      .describe('Installs the index template, and makes the InfluxDB database where it is missing, at start.'),
    commitMs: z.int().min(10).max(60_000).default(1_000).describe('How often accepted offsets are committed.'),
    drainMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(20_000)
      .describe('How long work under way may take when partitions move to another instance or at a stop.'),
    http: Http.prefault({}).describe('HTTP endpoint for metrics and health.'),
    id: Name.exactOptional().describe(
      'Name of this instance, unique among those of one etcd. Default: the host name, and the port of `http.listen` where that is not 9601.',
    ),
    shutdownMs: z.int().min(100).max(600_000).default(25_000).describe('How long an orderly stop may take.'),
    log: Log.prefault({}).describe("The transfer's own log (JSON lines on stderr)."),
  })
  .refine(({ shutdownMs, drainMs }) => shutdownMs >= drainMs, {
    path: ['shutdownMs'],
    error: 'must not be less than drainMs',
    when: holds({ shutdownMs: z.int(), drainMs: z.int() }),
  })
  .superRefine(
    ({ kafka, deadLetter }, context) => {
      kafka.topics.forEach((glob, index) => {
        // What a glob finds is judged when it is found.
        const fault = /[*?!]/.test(glob) ? null : deadLetterTopicFault(glob, deadLetter.topicSuffix)
        if (fault !== null) context.addIssue({ code: 'custom', path: ['kafka', 'topics', index], message: fault })
      })
    },
    { when: holds({ kafka: z.object({ topics: z.array(TopicGlob) }), deadLetter: DeadLetter.prefault({}) }) },
  )
  .refine(({ influxdb, routes }) => influxdb !== undefined || routes.every(({ sink }) => sink !== 'influxdb'), {
    path: ['influxdb'],
    error: 'is missing: a route goes there. It needs url, and database (1.x) or bucket (2.x)',
    when: holds({ routes: z.array(z.object({ sink: z.string().optional() })).optional() }),
  })
  .superRefine(
    ({ elasticsearch, kafka, routes }, context) => {
      if (elasticsearch !== undefined) return
      for (const { path, message } of withoutElasticsearch(kafka?.topics ?? [], routes ?? [])) {
        context.addIssue({ code: 'custom', path: [...path], message })
      }
    },
    {
      when: holds({
        kafka: z.object({ topics: z.array(TopicGlob) }).optional(),
        routes: z.array(Route).optional(),
      }),
    },
  )
  .refine(({ elasticsearch, kibana }) => elasticsearch !== undefined || kibana === undefined, {
    path: ['kibana'],
    error: 'needs `elasticsearch`, whose documents it shows',
    when: isSection,
  })
  .superRefine(
    ({ elasticsearch, routes }, context) => {
      const type = elasticsearch?.dataStream.type
      for (const [number, { index = '' }] of routes.entries()) {
        const [first, ...more] = index.replaceAll(/[{}]/g, '').split('-')
        if (first !== type || more.length < 2) continue
        const message = `would be a data stream: our template covers ${type}-*-*; give it a name that does not begin with '${type}-'`
        context.addIssue({ code: 'custom', path: ['routes', number, 'index'], message })
      }
    },
    { when: holds({ elasticsearch: Elasticsearch, routes: z.array(Route).default([]) }) },
  )
  .superRefine(
    ({ etcd, pipelines, routes }, context) => {
      // Those in etcd may come later.
      if (etcd !== undefined) return
      for (const [number, { pipeline }] of routes.entries()) {
        if (pipeline === undefined || Object.hasOwn(pipelines, pipeline)) continue
        const message = 'is none of `pipelines`, and there is no etcd that could hold it'
        context.addIssue({ code: 'custom', path: ['routes', number, 'pipeline'], message })
      }
    },
    {
      when: holds({
        pipelines: z.record(z.string(), z.unknown()).default({}),
        routes: z.array(z.object({ pipeline: z.string().optional() })).default([]),
      }),
    },
  )

export type TransferSettings = z.output<typeof TransferSettings>
