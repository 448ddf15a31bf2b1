import type { FoundProgram } from '@logpipe/stack'
import { kcatRound } from './kcat.ts'
import type { Kind } from './kinds.ts'
import type { Lab } from './lab.ts'
import { agentRound } from './logagent.ts'
import type { Round } from './round.ts'
import { rsyslogRound } from './rsyslog.ts'
import type { Workloads } from './workloads.ts'

/** Who takes part in the rounds, each in turn. */
export const contestantNames = [
  'logagent plain',
  'kcat plain',
  'rsyslog plain',
  'logagent zstd',
  'kcat zstd',
  'logagent multiline',
  'logagent regex',
  'logagent gbk',
  'logagent files100',
] as const
export type ContestantName = (typeof contestantNames)[number]

/** The contestants whose figures each kind needs. */
export const contestantsOf: Partial<Record<Kind, readonly ContestantName[]>> = {
  plain: ['logagent plain', 'kcat plain', 'rsyslog plain'],
  zstd: ['logagent zstd', 'kcat zstd'],
  multiline: ['logagent plain', 'logagent multiline'],
  regex: ['logagent plain', 'logagent regex'],
  gbk: ['logagent plain', 'logagent gbk'],
  files100: ['logagent plain', 'logagent files100'],
}

export interface Field {
  readonly lab: Lab
  readonly workloads: Workloads
  /** Null where it cannot be had. */
  readonly kcat: FoundProgram | null
  readonly rsyslog: FoundProgram | null
  /** The `source` header that logagent gave the lines of the plain file; it must have had a round before kcat. */
  source: string
}

/** Lines that match are dropped: one in twenty. */
const notFoundPattern = '" 404 \\d+ "https'

/** A round of this contestant; null where it cannot be had. */
export async function runContestant(name: ContestantName, field: Field): Promise<Round | null> {
  const { lab, workloads } = field
  const uncompressed = { compression: 'none' }
  switch (name) {
    case 'logagent plain':
      return await agentRound(lab, await workloads.plain(), {
        entry: uncompressed,
        onSource: (source) => (field.source = source),
      })
    case 'logagent zstd':
      return await agentRound(lab, await workloads.plain(), { entry: { compression: 'zstd' } })
    case 'logagent multiline':
      return await agentRound(lab, await workloads.java(), {
        entry: { ...uncompressed, multiline: { preset: 'java' } },
      })
    case 'logagent regex':
      return await agentRound(lab, await workloads.notFoundDropped(), {
        entry: { ...uncompressed, excludeLines: [notFoundPattern] },
      })
    case 'logagent gbk':
      return await agentRound(lab, await workloads.gbk(), { entry: { ...uncompressed, encoding: 'gbk' } })
    case 'logagent files100':
      return await agentRound(lab, await workloads.split(), { entry: uncompressed })
    case 'kcat plain':
      return await kcat(field, 'none')
    case 'kcat zstd':
      return await kcat(field, 'zstd')
    case 'rsyslog plain':
      return field.rsyslog === null ? null : await rsyslogRound(lab, field.rsyslog, await workloads.plain())
  }
}

async function kcat(field: Field, compression: 'none' | 'zstd'): Promise<Round | null> {
  const { lab, workloads, kcat: program, source } = field
  return program === null ? null : await kcatRound(lab, program, await workloads.plain(), { compression, source })
}
