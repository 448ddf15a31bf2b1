const backslash = '\\'
const short: Record<string, string> = { '"': '"', '\\': '\\', '/': '/' }

/**
 * The text that nginx (`\x22`, `\xD0\xB0`) or Apache (`\"`) wrote with escapes. What is no UTF-8 becomes U+FFFD; control characters stay
 * escaped, so that nothing that a client sent acts on a terminal.
 */
export function unescape(text: string): string {
  let at = text.indexOf(backslash)
  if (at < 0) return text
  let plain = ''
  let from = 0
  while (at >= 0) {
    const end = hexEnd(text, at)
    const letter = short[text.charAt(at + 1)]
    if (end > at) {
      plain += text.slice(from, at) + decode(text.slice(at, end))
      from = end
    } else if (letter !== undefined) {
      plain += text.slice(from, at) + letter
      from = at + 2
    }
    at = text.indexOf(backslash, Math.max(from, at + 1))
  }
  return plain + text.slice(from)
}

/** Where the run of `\xHH` that begins at `at` ends: one character may be several of them. */
function hexEnd(text: string, at: number): number {
  const run = /(?:\\x[0-9A-Fa-f]{2})+/y
  run.lastIndex = at
  return run.test(text) ? run.lastIndex : at
}

function decode(run: string): string {
  const bytes = Buffer.from(run.replaceAll('\\x', ''), 'hex')
  // oxlint-disable-next-line no-control-regex -- those are what stays escaped
  return bytes.toString('utf8').replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) => {
    const code = Buffer.from(control).toString('hex').toUpperCase()
    return code.replace(/../g, '\\x$&')
  })
}
