import fc from 'fast-check'
import type { EntryInput } from './rig.ts'

/** What happens between the two halves of a copytruncate. */
export type Between = 'nothing' | 'append' | 'poll' | 'pollAppend' | 'appendPoll' | 'crash' | 'wait'

/** What happens while the folder is away. */
export type Meanwhile = 'poll' | 'wait' | 'crash'

export type Step =
  | { do: 'append'; file: number; lines: number; bytes: number; thenPoll: boolean }
  | { do: 'appendPart' | 'rotate' | 'truncate' | 'remove' | 'copy' | 'removeOld' | 'compress'; file: number }
  | { do: 'copytruncate'; file: number; between: Between }
  | { do: 'unmount'; meanwhile: Meanwhile }
  | {
      do:
        | 'poll'
        | 'hold'
        | 'away'
        | 'full'
        | 'slow'
        | 'catchUp'
        | 'answer'
        | 'replan'
        | 'bounce'
        | 'hastyStop'
        | 'crash'
        | 'loseAnswers'
        | 'powerCut'
    }
  | { do: 'wait'; ms: number }
  | { do: 'answerOne'; pick: number }
  | { do: 'reshape'; form: number }

/** Under which circumstances all that happens. */
export interface Variant {
  pattern: string
  /** Of a second entry for the same topic. */
  others?: string
  maxOpenFiles: number
  /** Bytes that every life of a file begins with, the same in all. */
  headerBytes: number
  crashes: boolean
  partition: 'source' | 'roundrobin'
  flushPartialMs: number
  /** So much of a file is read in one epoch at least. */
  epochBytes: number
}

/** What its entry becomes, which leaves the lines as they are; the first as it is at the start. */
export const forms: readonly Partial<EntryInput>[] = [
  {},
  { excludeLines: ['^no line begins so'] },
  { fields: { team: 'x' } },
  { acks: 1 },
  { id: 'renamed', tags: ['x'] },
]

const file = fc.nat(1)
const one = <T extends string>(...names: T[]): fc.Arbitrary<T> => fc.constantFrom(...names)
const between = one<Between>('nothing', 'nothing', 'append', 'poll', 'pollAppend', 'appendPoll', 'crash', 'wait')
const size = { lines: fc.integer({ min: 1, max: 9 }), bytes: fc.nat(1_500), thenPoll: fc.boolean() }

/** What may happen next. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: one('append'), file, ...size }) },
  { weight: 2, arbitrary: fc.record({ do: one('appendPart'), file }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: one('rotate', 'rotate', 'truncate', 'remove', 'copy', 'removeOld', 'compress'), file }),
  },
  { weight: 2, arbitrary: fc.record({ do: one('copytruncate'), file, between }) },
  { weight: 1, arbitrary: fc.record({ do: one('unmount'), meanwhile: one<Meanwhile>('poll', 'wait', 'crash') }) },
  { weight: 6, arbitrary: fc.record({ do: one('poll') }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: one('hold', 'hold', 'hold', 'away', 'full', 'slow', 'catchUp', 'answer', 'answer') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: one('replan', 'bounce', 'hastyStop', 'crash', 'crash', 'loseAnswers', 'powerCut') }),
  },
  { weight: 4, arbitrary: fc.record({ do: one('answerOne'), pick: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: one('reshape'), form: fc.nat(forms.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: one('wait'), ms: fc.constantFrom(1_000, 1_000, 3_000, 7_000, 70_000) }) },
)
