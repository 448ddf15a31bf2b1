/** Of a reason: its beginning names the field and the fault. */
const keptLength = 4_000

/**
 * The reason of a rejection as it is kept and put away. Elasticsearch quotes the whole value in it, up to twice: such a letter would be three times the
 * record, and too large for its topic even without the record.
 */
export function keptReason(reason: string): string {
  if (reason.length <= keptLength) return reason
  // Copied: a part of a string would keep all of it in memory.
  const head = Buffer.from(reason.slice(0, keptLength)).toString()
  return `${head}… (${reason.length} characters)`
}
