// What a terminal obeys or is fooled by: C0 and C1 controls, DEL, line and paragraph separators, and the marks that turn the
// direction of text. A log line may hold any of them, and whoever writes it is not trusted (tab alone is harmless).
// oxlint-disable-next-line no-control-regex -- to find them is the purpose
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\u001b': '\\e' }

/** `text` with everything that a terminal would act on written out: `\e[31m`, `\x07`, `\u202e`. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, (char) => short[char] ?? written(char))
}

/** The same for a text of several lines: each further line is indented, so that it cannot pass for a line of its own. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(escapeControls).join('\n    ')
}

function written(char: string): string {
  const code = char.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
