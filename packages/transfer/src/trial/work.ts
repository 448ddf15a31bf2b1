import type { ParsedLine, Pipeline, Source } from '@logpipe/config'
import type { Defaults } from '../document/origin.ts'

/** Lines of one file, and how they are to be parsed. */
export interface TrialSource {
  topic: string
  source: Omit<Source, 'id'>
  defaults: Defaults
  lines: readonly { offset: number; text: string }[]
}

/** What a trial's thread is given. */
export interface TrialWork {
  /** By name, those that the sources name. */
  pipelines: Readonly<Record<string, Pipeline>>
  /** A pipeline as someone wrote it, which goes by `draftName`; absent: there is none. */
  draft?: { value: unknown }
  sources: readonly TrialSource[]
  /** Bytes of JSON of one row, and of all of them, at most. */
  rowBytes: number
  allBytes: number
}

/** What it says: that it begins; then why nothing can be tried, in a sentence, or one line after the other. */
export type TrialNews = 'begun' | { refused: string } | { source: number; line: ParsedLine }

/** The name of a draft among the pipelines of its trial. */
export const draftName = 'draft'
