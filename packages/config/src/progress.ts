import { z } from 'zod'
import { FileProgress, type FileState } from './status.ts'

/** The topic of what agents say of their files, where nothing else is set. */
export const defaultProgressTopic = 'logpipe.progress'

/** How the topic is made: what counts is the last record of each agent, and those of agents that are gone go in the end. */
export const progressTopicConfigs = {
  'cleanup.policy': 'compact,delete',
  'retention.ms': '604800000',
  // Small and young segments: only what is in closed ones is compacted, and all the rest has to be read.
  'segment.bytes': '67108864',
  'segment.ms': '60000',
  'max.compaction.lag.ms': '60000',
} as const

/** Files that one record names, at most. */
export const maxProgressFiles = 50
/** Bytes of these files' rows as JSON, at most. */
export const maxProgressBytes = 16_384

const natural = z.int().min(0)

/** What an agent says of all its files. */
export const ProgressTotals = z.object({
  files: natural,
  lagBytes: natural.describe('Over all files that are collected.'),
  states: z.record(z.string(), natural).describe('How many files are in each state.'),
})
export type ProgressTotals = z.output<typeof ProgressTotals>

/** A record of the progress topic; its key is the agent's id. */
export const AgentProgress = z.object({
  agent: z.string().min(1),
  host: z.string(),
  ip: z.string(),
  at: z.iso.datetime().describe("When its files were looked at, by the agent's clock."),
  nextMs: natural.describe('After so long at the latest it writes again, while it runs and can.'),
  registers: z.boolean().describe('It registers itself in etcd while it runs.'),
  ended: z.boolean().describe('It has ended in order; this is its last word.'),
  totals: ProgressTotals,
  files: z.array(FileProgress).max(1_000).describe('Those in the worst state, worst first.'),
  omitted: natural.describe('How many more files it has.'),
})
export type AgentProgress = z.output<typeof AgentProgress>

/** What a record of the topic says; null where it is none of an agent's. */
export function parseProgress(key: Uint8Array | null, value: Uint8Array | null): AgentProgress | null {
  if (key === null || value === null) return null
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(value).toString('utf8'))
  } catch {
    return null
  }
  const { success, data } = AgentProgress.safeParse(json)
  return success && data.agent === Buffer.from(key).toString('utf8') ? data : null
}

/** The worst first: what cannot be read, what cannot be sent, what lags, then what waits for something else. */
const rank: Record<FileState, number> = {
  failed: 0,
  blocked: 1,
  held: 3,
  lost: 4,
  ignored: 5,
  active: 6,
  idle: 7,
  finished: 8,
}
const lagRank = 2

/** Sorts files such that those that someone should look at come first: by state, then by lag; equal ones by path. */
export function worseFirst(a: FileProgress, b: FileProgress): number {
  return rankOf(a) - rankOf(b) || b.lagBytes - a.lagBytes || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
}

function rankOf({ state, lagBytes }: FileProgress): number {
  const own = rank[state]
  return lagBytes > 0 ? Math.min(own, lagRank) : own
}
