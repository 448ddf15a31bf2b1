import { LogpipeError } from '@logpipe/runtime'
import { type Ask, count, type Output, print } from '@logpipe/runtime/terminal'
import { DeadLetters } from '../../dead-letters/dead-letters.ts'
import { purge } from '../../dead-letters/purge.ts'
import type { Letter } from '../../dead-letters/letter.ts'
import { parseSelection, select, type SelectionFlags } from '../../dead-letters/selection.ts'
import { jsonLine } from '../../output/json.ts'
import { type CliSettings, need } from '../../settings.ts'
import { printSelected } from './dry-run.ts'

export interface DropFlags extends SelectionFlags {
  dryRun?: boolean
  yes?: boolean
  purge?: boolean
  json?: boolean
}

/**
 * `logctl dlq drop`: marks letters as done, after a person has agreed; with `--purge` deletes what is done and old from Kafka. Resolves to
 * whether it was done.
 */
export async function drop(
  addresses: readonly string[],
  flags: DropFlags,
  settings: CliSettings,
  { output, ask, signal }: { output: Output; ask: Ask | undefined; signal: AbortSignal },
): Promise<boolean> {
  const { dryRun, yes, json, purge: purges, ...selectionFlags } = flags
  const selection = parseSelection(addresses, selectionFlags, settings.deadLetters.suffix)
  if (purges === true && 'addresses' in selection) {
    throw new LogpipeError('settings_invalid', '--purge deletes whole beginnings of topics: it goes with filters only.')
  }
  if (yes !== true && dryRun !== true && ask === undefined) {
    throw new LogpipeError('settings_invalid', 'Nobody can be asked here whether to drop letters: give --yes.')
  }
  const letters = await DeadLetters.open(need(settings, 'kafka'), settings.deadLetters, signal)
  try {
    if (dryRun === true) {
      await printSelected(letters, selection, { output, isJson: json === true, signal })
      return true
    }
    const selected: Letter[] = []
    for await (const letter of select(letters, selection, signal)) selected.push(lean(letter))
    const isEmpty = selected.length === 0 && purges !== true
    if (yes !== true && !isEmpty && ask !== undefined) {
      const answer = await ask(question(selected.length, purges === true), signal)
      if (!/^y(es)?$/i.test(answer.trim())) {
        output.stderr.write('logctl: Nothing was dropped.\n')
        return false
      }
    }
    await letters.marks.write(selected, 'dropped', signal)
    const purged = purges === true && 'filter' in selection ? await purge(letters, selection.filter, signal) : null
    const sentence = `Dropped: ${count(selected.length)}.${purged === null ? '' : ` Deleted: ${count(purged)}.`}\n`
    const object = { dropped: selected.length, ...(purged !== null && { deleted: purged }) }
    await print(output, json === true ? jsonLine(object) : sentence, signal)
    return true
  } finally {
    await letters.close()
  }
}

/** Without what it holds, so that many of them fit into memory until a person has agreed. */
function lean(letter: Letter): Letter {
  return { ...letter, key: null, value: null, headers: [], reason: '' }
}

function question(letters: number, purges: boolean): string {
  const what = `${count(letters)} ${letters === 1 ? 'letter' : 'letters'}`
  return `Drop ${what}${purges ? ', and delete for good what is done' : ''}? [y/N] `
}
