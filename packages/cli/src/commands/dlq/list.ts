import { LogpipeError, systemClock } from '@logpipe/runtime'
import { count, type Output, print, remark } from '@logpipe/runtime/terminal'
import { DeadLetters } from '../../dead-letters/dead-letters.ts'
import { type FilterFlags, letterFilter } from '../../dead-letters/filter.ts'
import { doneStates, type LetterState } from '../../dead-letters/marks.ts'
import { Newest } from '../../dead-letters/newest.ts'
import { parseLimit } from '../../dead-letters/selection.ts'
import { causeTable, letterCells, letterObject, letterTable } from '../../dead-letters/show.ts'
import { Tally } from '../../dead-letters/tally.ts'
import { jsonLine } from '../../output/json.ts'
import { type CliSettings, need } from '../../settings.ts'

export interface ListFlags extends FilterFlags {
  state: string
  limit: string
  count?: boolean
  json?: boolean
}

const maxLimit = 100_000

/** `logctl dlq list`: prints the newest letters that match, oldest first, or how many there are of each cause. */
export async function list(
  flags: ListFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const filter = letterFilter(flags, systemClock.now())
  const states = parseStates(flags.state)
  const limit = parseLimit(flags.limit, maxLimit)
  const letters = await DeadLetters.open(need(settings, 'kafka'), settings.deadLetters, signal)
  try {
    const tally = new Tally()
    const newest = new Newest<string | string[]>(limit)
    const isJson = flags.json === true
    let total = 0
    for await (const letter of letters.find(filter, states, signal)) {
      total++
      if (flags.count === true) tally.add(letter, letters.marks.stateOf(letter))
      else {
        newest.add(letter.writtenMs, () => {
          const mark = letters.marks.of(letter)
          return isJson ? jsonLine(letterObject(letter, mark)) : letterCells(letter, mark)
        })
      }
    }
    if (total === 0) remark(output, 'No dead letter matches.')
    else if (flags.count === true) {
      const causes = tally.causes()
      await print(output, isJson ? causes.map(jsonLine).join('') : causeTable(causes), signal)
    } else {
      const rows = newest.take()
      const lines = rows.filter((row) => typeof row === 'string')
      await print(output, isJson ? lines.join('') : letterTable(rows.filter((row) => typeof row !== 'string')), signal)
      if (total > rows.length) {
        remark(output, `The newest ${count(rows.length)} of ${count(total)} letters; --limit shows more.`)
      }
    }
  } finally {
    await letters.close()
  }
}

function parseStates(text: string): ReadonlySet<LetterState> {
  const states = ['open', ...doneStates] as const
  if (text === 'all') return new Set(states)
  const state = states.find((known) => known === text)
  if (state !== undefined) return new Set([state])
  throw new LogpipeError('settings_invalid', `--state is '${text}': it must be one of ${states.join(', ')} and all.`)
}
