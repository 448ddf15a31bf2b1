const colours: Record<string, string> = { debug: '\u001b[2m', info: '', warn: '\u001b[33m', error: '\u001b[31m' }
const reset = '\u001b[0m'

/** Turns one ECS JSON line into a short line for a terminal: time, level, message, fields. */
export function humanLine(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>
  const level = String(fields['log.level'])
  const time = String(fields['@timestamp']).slice(11, 19)
  const details: string[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'logpipe') {
      for (const [key, item] of Object.entries(value as object)) details.push(`${key}=${text(item)}`)
    } else if (name === 'error.message') {
      details.push(`: ${text(value)}`)
    }
  }
  const tail = details.length > 0 ? ` ${details.join(' ')}` : ''
  return `${time} ${colours[level] ?? ''}${level.padEnd(5)}${reset} ${printable(String(fields['message']))}${tail}\n`
}

function text(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Control characters shown as escapes: what a log line holds must not steer the terminal. */
function printable(value: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not pass
  return value.replace(/[\u0000-\u001f\u007f-\u009f]/g, escape)
}

function escape(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
