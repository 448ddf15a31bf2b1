import { LogpipeError, systemClock } from '@logpipe/runtime'
import { count } from '@logpipe/runtime/terminal'
import type { DeadLetters } from './dead-letters.ts'
import { type FilterFlags, type LetterFilter, letterFilter } from './filter.ts'
import { type Address, type Letter, parseAddress } from './letter.ts'
import type { LetterState } from './marks.ts'

export interface SelectionFlags extends FilterFlags {
  all?: boolean
  limit?: string
}

/** Which letters a command is about: those at these addresses, or the open ones that a filter wants. */
export type Selection = { addresses: Address[] } | { filter: LetterFilter; limit: number }

const open: ReadonlySet<LetterState> = new Set(['open'])
const maxLimit = 1_000_000_000

/** What was typed. Throws `settings_invalid` where nothing was, so that no command means all letters by mistake. */
export function parseSelection(addresses: readonly string[], flags: SelectionFlags, suffix: string): Selection {
  const { all, limit, ...filterFlags } = flags
  const filter = letterFilter(filterFlags, systemClock.now())
  const isFiltered = Object.keys(filter).length > 0
  if (addresses.length > 0) {
    if (isFiltered || all === true || limit !== undefined) {
      throw new LogpipeError('settings_invalid', 'Name letters, or choose them by filters: not both.')
    }
    return { addresses: addresses.map((address) => parseAddress(address, suffix)) }
  }
  if (!isFiltered && all !== true) {
    throw new LogpipeError(
      'settings_invalid',
      'Which letters? Name them as logctl dlq list shows them, choose them by --topic, --type, --reason, --stage, --since or ' +
        '--before, or give --all.',
    )
  }
  return { filter, limit: limit === undefined ? Infinity : parseLimit(limit, maxLimit) }
}

/** The number of a flag, `--limit` by default. Throws `settings_invalid`. */
export function parseLimit(text: string, max: number, flag = '--limit', least = 1): number {
  const limit = Number(text)
  if (/^\d+$/.test(text) && limit >= least && limit <= max) return limit
  throw new LogpipeError(
    'settings_invalid',
    `${flag} is '${text}': it must be a number from ${least} to ${count(max)}.`,
  )
}

/** Yields the selected letters. Rejects where one that was named is not there. */
export async function* select(
  letters: DeadLetters,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<Letter, void, void> {
  if ('addresses' in selection) {
    for (const address of selection.addresses) yield await letters.get(address, signal)
    return
  }
  let rest = selection.limit
  for await (const letter of letters.find(selection.filter, open, signal)) {
    yield letter
    if (--rest <= 0) return
  }
}
