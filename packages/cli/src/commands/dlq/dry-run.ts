import { count, type Output, print, remark } from '@logpipe/runtime/terminal'
import type { DeadLetters } from '../../dead-letters/dead-letters.ts'
import type { Letter } from '../../dead-letters/letter.ts'
import { type Selection, select } from '../../dead-letters/selection.ts'
import { letterCells, letterObject, letterTable } from '../../dead-letters/show.ts'
import { jsonLine } from '../../output/json.ts'

/** Rows of the table; the others are counted. Programs get all. */
const maxRows = 1_000

/** `--dry-run`: prints the selected letters and changes nothing. `onLetter` sees each. */
export async function printSelected(
  letters: DeadLetters,
  selection: Selection,
  { output, isJson, signal }: { output: Output; isJson: boolean; signal: AbortSignal },
  onLetter: (letter: Letter) => void = () => undefined,
): Promise<void> {
  const rows: string[][] = []
  let total = 0
  for await (const letter of select(letters, selection, signal)) {
    total++
    onLetter(letter)
    const mark = letters.marks.of(letter)
    if (isJson) await print(output, jsonLine(letterObject(letter, mark)), signal)
    else if (rows.length < maxRows) rows.push(letterCells(letter, mark))
  }
  if (rows.length > 0) await print(output, letterTable(rows), signal)
  remark(output, `${count(total)} ${total === 1 ? 'letter' : 'letters'} selected; nothing was changed.`)
}
