/** A column of a table: its heading, and whether its cells are numbers (then they stand at the right). */
export interface Column {
  title: string
  number?: boolean
}

/** Rows below their headings, columns two spaces apart; ends with a newline. Cells must be free of control characters. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }) => title.length)
  for (const row of rows) widths.forEach((width, i) => (widths[i] = Math.max(width, (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ number }, i) =>
        number === true ? (cells[i] ?? '').padStart(widths[i] ?? 0) : (cells[i] ?? '').padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [columns.map(({ title }) => title), ...rows].map((cells) => `${line(cells)}\n`).join('')
}

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}
