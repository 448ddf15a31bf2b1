import { z } from 'zod'
import { HttpUrl } from './address.ts'
import { holds } from './holds.ts'
import { Pem } from './kafka.ts'

const isSection = holds({})

/** A name that can stand in a statement and in an address: what the server itself would refuse is told at the start. */
const InfluxdbName = z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,63}$/u, {
  error:
    "must start with a letter, a digit or '_' and hold letters, digits, blanks, '.', '_' and '-' only, at most 64 of them",
})

/** 1.8 takes `database/retention policy` for a bucket. */
const BucketName = z.string().regex(/^[^\p{C}"]{1,128}$/u, 'must be 1 to 128 characters, without quotes')

/** Where points go: InfluxDB 1.x (`database`) or 2.x and newer (`bucket`). */
export const Influxdb = z
  .strictObject({
    url: HttpUrl.describe('Address of InfluxDB.'),
    database: InfluxdbName.exactOptional().describe('Database of InfluxDB 1.x; made at start where it is missing.'),
    retentionPolicy: InfluxdbName.exactOptional().describe(
      'Retention policy of the database. Default: the one that the database has for default.',
    ),
    username: z.string().min(1).exactOptional().describe('User name (1.x).'),
    password: z.string().min(1).exactOptional().describe('Password (1.x); never logged.'),
    bucket: BucketName.exactOptional().describe('Bucket of InfluxDB 2.x and newer, instead of a database.'),
    org: z.string().min(1).max(256).exactOptional().describe('Organisation of the bucket, by name; 2.x needs it.'),
    token: z.string().min(1).exactOptional().describe('API token (2.x); never logged.'),
    ca: Pem.exactOptional().describe('Certificates to trust (PEM file).'),
    precision: z
      .enum(['ns', 'us', 'ms', 's'])
      .default('ns')
      .describe('Unit of the times in records of line protocol; times are stored in it.'),
    bulkBytes: z
      .int()
      .min(4_096)
      .max(25 * 1_000_000)
      .default(1_048_576)
      .describe('Bytes of one request; the server refuses more than 25 MB as it comes.'),
    bulkRecords: z.int().min(1).max(100_000).default(5_000).describe('Records of one request.'),
    bulkAgeMs: z.int().min(1).max(60_000).default(500).describe('How long a request waits to become full.'),
    inFlight: z.int().min(1).max(64).default(2).describe('Requests under way at once, at most.'),
    requestTimeoutMs: z.int().min(1_000).max(600_000).default(30_000).describe('Deadline of one request.'),
  })
  .refine(({ database, bucket }) => (database === undefined) !== (bucket === undefined), {
    path: ['database'],
    error: '(1.x) or a bucket (2.x) is needed, and not both',
    when: isSection,
  })
  .refine((settings) => settings.bucket === undefined || oneOnly.every((key) => settings[key] === undefined), {
    path: ['bucket'],
    error: 'belongs to 2.x, where retentionPolicy, username and password are not known; sign in by token',
    when: isSection,
  })
  .refine(({ database, org, token }) => database === undefined || (org === undefined && token === undefined), {
    path: ['token'],
    error: 'and org belong to a bucket (2.x); sign in to a database by username and password',
    when: isSection,
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ['password'],
    error: 'and username go together; one of them is missing',
    when: isSection,
  })

const oneOnly = ['retentionPolicy', 'username', 'password'] as const

export type InfluxdbSettings = z.output<typeof Influxdb>
