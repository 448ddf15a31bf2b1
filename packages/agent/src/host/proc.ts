import { readFile } from 'node:fs/promises'

/** The text of a file of /proc. Rejects with the system's error. */
export function readProc(procDir: string, name: string): Promise<string> {
  return readFile(`${procDir}/${name}`, 'utf8')
}

/** A number as the kernel writes it; null for anything else. */
export function naturalOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null
  const value = Number(text)
  // NOTE: counters of 64 bits may be larger; from 9 PB on the last digits are lost, which no rate will show.
  return Number.isFinite(value) ? value : null
}

/** Those of `names` whose column is a number, each divided by `per`. */
export function columns(
  names: Readonly<Record<string, number>>,
  words: readonly string[],
  per = 1,
): Record<string, number> {
  const values: Record<string, number> = {}
  for (const [name, column] of Object.entries(names)) {
    const value = naturalOf(words[column])
    if (value !== null) values[name] = value / per
  }
  return values
}

/** The words of a line. */
export function wordsOf(line: string): string[] {
  return line.trim().split(/\s+/)
}
