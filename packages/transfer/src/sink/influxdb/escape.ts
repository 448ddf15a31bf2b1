/**
 * A tag key, tag value or field key as it stands in line protocol. What the protocol cannot carry is written as its nearest:
 * control characters as blanks, and a backslash at the end, or before a separator, a quote or another backslash, as `/`.
 */
export function escapeName(text: string): string {
  return nearest(text).replaceAll(/[,= ]/g, String.raw`\$&`)
}

/** The same for a measurement, in which `=` is no separator: a backslash before it would stay. */
export function escapeMeasurement(text: string): string {
  return nearest(text).replaceAll(/[, ]/g, String.raw`\$&`)
}

function nearest(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- control characters are what it replaces
      .replaceAll(/[\u0000-\u001f\u007f]/g, ' ')
      .replaceAll(/\\(?=[,= "\\]|$)/g, '/')
  )
}

/** A string as a field's value, in quotes. */
export function quoteString(text: string): string {
  return `"${text.toWellFormed().replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
