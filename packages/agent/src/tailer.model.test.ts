import { test } from 'node:test'
import fc from 'fast-check'
import { run } from './testing/tail-run.ts'
import { type Step, step, type Variant } from './testing/tail-steps.ts'

/** More of them by hand: LOGPIPE_MODEL_RUNS=20000 node --test … */
const numRuns = Number(process.env['LOGPIPE_MODEL_RUNS'] ?? 350)

const plain: Variant = {
  pattern: '*.log',
  maxOpenFiles: 64,
  headerBytes: 0,
  crashes: true,
  partition: 'source',
  flushPartialMs: 0,
  epochBytes: 1,
}

const variants: Variant[] = [
  plain,
  { ...plain, pattern: '*.log*', headerBytes: 3 },
  { ...plain, pattern: '*.log*', maxOpenFiles: 1, headerBytes: 200, epochBytes: 2_000 },
  { ...plain, maxOpenFiles: 2, flushPartialMs: 2_000 },
  { ...plain, others: '*.log.*', headerBytes: 20, epochBytes: 262_144 },
  // The head tells nothing then, the cursor everything; what was not acknowledged at a crash cannot be told apart (known limits).
  { ...plain, headerBytes: 1_500, crashes: false },
  { ...plain, partition: 'roundrobin', flushPartialMs: 2_000 },
]

for (const variant of variants) {
  const { pattern, others, maxOpenFiles, headerBytes, partition, flushPartialMs } = variant
  const which = `${pattern}${others === undefined ? '' : ` and ${others}`}, ${maxOpenFiles} open, header of ${headerBytes}, by ${partition}${flushPartialMs > 0 ? ', parts sent' : ''}`
  test(
    `whatever happens to files and agent, every line arrives, under one id, in order (${which})`,
    { timeout: 3_600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
          const ends: (() => Promise<void> | void)[] = []
          try {
            await run({ after: (end) => void ends.push(end) }, steps, variant)
          } finally {
            for (const end of ends) await end()
          }
        }),
        { numRuns, interruptAfterTimeLimit: 3_000_000, markInterruptAsFailure: true },
      )
    },
  )
}

const append = (file: number, thenPoll = false): Step => ({ do: 'append', file, lines: 1, bytes: 0, thenPoll })

/** What the model found once, and would not find each time. */
const found: { what: string; variant: Variant; steps: Step[] }[] = [
  {
    what: 'what was sent before a crash is remembered by an agent that stops before it found the copy that it stands in',
    variant: plain,
    steps: [
      { do: 'append', file: 0, lines: 4, bytes: 1_020, thenPoll: true },
      { do: 'away' },
      { do: 'copytruncate', file: 0, between: 'crash' },
      { do: 'wait', ms: 1_000 },
      { do: 'hastyStop' },
      { do: 'wait', ms: 1_000 },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: false },
      { do: 'rotate', file: 0 },
      { do: 'hold' },
      { do: 'rotate', file: 0 },
    ],
  },
  {
    what: 'an entry that was removed and put again sends nothing of what the registry could not be told',
    variant: { ...plain, pattern: '*.log*', maxOpenFiles: 1, headerBytes: 200 },
    steps: [
      append(1),
      { do: 'copytruncate', file: 1, between: 'nothing' },
      { do: 'wait', ms: 1_000 },
      { do: 'full' },
      { do: 'hastyStop' },
      append(1, true),
      { do: 'replan' },
      { do: 'poll' },
      { do: 'copytruncate', file: 1, between: 'crash' },
      { do: 'poll' },
      { do: 'wait', ms: 1_000 },
      { do: 'appendPart', file: 0 },
      { do: 'poll' },
      { do: 'wait', ms: 1_000 },
    ],
  },
  {
    what: 'a part of a line is not sent by an entry that was removed and put again while the registry could not be told of it',
    variant: { ...plain, maxOpenFiles: 2, flushPartialMs: 2_000 },
    steps: [
      { do: 'appendPart', file: 0 },
      { do: 'answerOne', pick: 0 },
      { do: 'crash' },
      { do: 'poll' },
      { do: 'full' },
      { do: 'wait', ms: 7_000 },
      { do: 'replan' },
      { do: 'wait', ms: 1_000 },
      { do: 'appendPart', file: 0 },
      { do: 'hastyStop' },
      { do: 'poll' },
    ],
  },
  {
    what: 'what was written anew to a file that was renamed then goes on with an entry that got another id',
    variant: { ...plain, partition: 'roundrobin', flushPartialMs: 2_000 },
    steps: [
      { do: 'hold' },
      append(0, true),
      { do: 'copytruncate', file: 0, between: 'appendPoll' },
      append(0),
      { do: 'reshape', form: 3 },
      { do: 'answerOne', pick: 0 },
      { do: 'rotate', file: 0 },
      { do: 'reshape', form: 4 },
      { do: 'full' },
      append(0),
      { do: 'wait', ms: 1_000 },
      { do: 'reshape', form: 0 },
      append(0),
      { do: 'answerOne', pick: 0 },
    ],
  },
  {
    what: 'a part that was sent before a crash is not sent again as part of more, by a registry that has not heard of its acknowledgement',
    variant: { ...plain, maxOpenFiles: 2, flushPartialMs: 2_000 },
    steps: [
      { do: 'appendPart', file: 0 },
      { do: 'answerOne', pick: 0 },
      { do: 'wait', ms: 7_000 },
      { do: 'full' },
      { do: 'appendPart', file: 0 },
      { do: 'copytruncate', file: 0, between: 'crash' },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: true },
      { do: 'rotate', file: 0 },
      { do: 'hold' },
      { do: 'wait', ms: 1_000 },
      { do: 'hold' },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: false },
      { do: 'hold' },
    ],
  },
  {
    what: 'a renamed file that waits for the registry, and whose path holds another one when it is opened again, is not taken for read to its end',
    variant: { ...plain, maxOpenFiles: 2, flushPartialMs: 2_000 },
    steps: [
      { do: 'full' },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: true },
      { do: 'rotate', file: 0 },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: true },
      { do: 'rotate', file: 0 },
      { do: 'appendPart', file: 0 },
      { do: 'answerOne', pick: 0 },
      { do: 'wait', ms: 1_000 },
      { do: 'rotate', file: 0 },
      { do: 'poll' },
      { do: 'wait', ms: 1_000 },
      { do: 'wait', ms: 1_000 },
      { do: 'append', file: 0, lines: 1, bytes: 0, thenPoll: false },
    ],
  },
  {
    what: 'the packed form of a file that was removed while its lines were on their way is not sent again, however long they are',
    variant: { ...plain, pattern: '*.log*', maxOpenFiles: 1, headerBytes: 200 },
    steps: [
      { do: 'hold' },
      append(0),
      { do: 'wait', ms: 1_000 },
      { do: 'rotate', file: 0 },
      append(0, true),
      { do: 'compress', file: 0 },
      { do: 'poll' },
      { do: 'wait', ms: 70_000 },
    ],
  },
  {
    what: 'a file that was copied, truncated and removed before its turn came is not sent again as its copy',
    variant: { ...plain, pattern: '*.log*', maxOpenFiles: 1, headerBytes: 200 },
    steps: [
      { do: 'append', file: 1, lines: 1, bytes: 0, thenPoll: true },
      { do: 'copytruncate', file: 0, between: 'appendPoll' },
      { do: 'remove', file: 0 },
      { do: 'copytruncate', file: 1, between: 'nothing' },
      { do: 'poll' },
      { do: 'remove', file: 1 },
      { do: 'wait', ms: 1_000 },
    ],
  },
  {
    what: 'a file that began anew when it was renamed already is looked for when its entry is put again, under whatever name',
    variant: { ...plain, headerBytes: 1_500, crashes: false },
    steps: [
      append(0),
      { do: 'poll' },
      { do: 'away' },
      { do: 'append', file: 1, lines: 1, bytes: 3, thenPoll: false },
      { do: 'copytruncate', file: 1, between: 'poll' },
      append(1),
      { do: 'wait', ms: 1_000 },
      { do: 'rotate', file: 1 },
      { do: 'appendPart', file: 1 },
      { do: 'poll' },
      { do: 'poll' },
      { do: 'append', file: 0, lines: 1, bytes: 225, thenPoll: false },
      { do: 'replan' },
      { do: 'answerOne', pick: 2 },
    ],
  },
  {
    what: 'a file that began anew when it was renamed already is looked for after a crash, under whatever name',
    variant: { ...plain, maxOpenFiles: 2, flushPartialMs: 2_000 },
    steps: [
      { do: 'hold' },
      { do: 'appendPart', file: 1 },
      { do: 'copytruncate', file: 0, between: 'pollAppend' },
      append(0),
      { do: 'wait', ms: 3_000 },
      append(0),
      { do: 'answerOne', pick: 1 },
      append(0, true),
      { do: 'copytruncate', file: 0, between: 'nothing' },
      append(0),
      { do: 'wait', ms: 1_000 },
      { do: 'rotate', file: 0 },
      { do: 'answerOne', pick: 0 },
      { do: 'crash' },
      { do: 'answerOne', pick: 0 },
      { do: 'append', file: 0, lines: 1, bytes: 14, thenPoll: false },
      { do: 'hold' },
      { do: 'answerOne', pick: 0 },
    ],
  },
]

for (const { what, variant, steps } of found) {
  test(what, async (t) => run({ after: (end) => t.after(end) }, steps, variant))
}
