/** A figure's middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const high = sorted[Math.floor(middle)]
  const low = sorted[Math.ceil(middle) - 1]
  if (high === undefined || low === undefined) throw new Error('There is no median of nothing.')
  return (high + low) / 2
}

/** Three significant digits: no bench here measures more. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** Prints rows as a table for people: the first row is the heading, numbers stand right. */
export function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const text = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)))
  const widths = (text[0] ?? []).map((_, column) => Math.max(...text.map((row) => row[column]?.length ?? 0)))
  for (const [index, row] of text.entries()) {
    const cells = row.map((cell, column) =>
      typeof rows[index]?.[column] === 'number' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    console.log(cells.join('  ').trimEnd())
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  }
}

/** With `--json`, one object as the last line; later runs and issues read these keys. */
export function printJson(result: unknown): void {
  if (process.argv.includes('--json')) console.log(JSON.stringify(result))
}
