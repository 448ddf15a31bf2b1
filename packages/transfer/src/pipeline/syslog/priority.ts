import type { PipelineEvent } from '../event.ts'

const lessThan = 0x3c
const greaterThan = 0x3e
const zero = 0x30
const highest = 191

const facilities = [
  'kernel',
  'user-level',
  'mail',
  'system',
  'security/authorization',
  'syslogd',
  'line printer',
  'network news',
  'UUCP',
  'clock',
  'security/authorization',
  'FTP',
  'NTP',
  'log audit',
  'log alert',
  'clock',
  ...Array.from({ length: 8 }, (_, i) => `local${i}`),
]

const severities = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Informational', 'Debug']
/** As the processor `level` has them. */
const levels = ['emergency', 'alert', 'critical', 'error', 'warn', 'notice', 'info', 'debug']

/** The number between `<` and `>` at the start of the text, 0 to 191 without leading zeros; −1 where there is none. */
export function priorityOf(text: string): number {
  if (text.charCodeAt(0) !== lessThan || (text.charCodeAt(1) === zero && text.charCodeAt(2) !== greaterThan)) return -1
  let value = 0
  for (let i = 1; i <= 4; i++) {
    const code = text.charCodeAt(i)
    if (code === greaterThan) return i > 1 && value <= highest ? value : -1
    const digit = code - zero
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return -1
}

/** Characters that a priority takes, with its brackets. */
export function priorityLength(priority: number): number {
  return priority < 10 ? 3 : priority < 100 ? 4 : 5
}

/** Puts what a priority says: facility, severity and the level that it is. */
export function setPriority(event: PipelineEvent, priority: number): void {
  const facility = priority >> 3
  const severity = priority & 7
  event.set('log.syslog.priority', priority)
  event.set('log.syslog.facility.code', facility)
  event.set('log.syslog.facility.name', facilities[facility] as string)
  event.set('log.syslog.severity.code', severity)
  event.set('log.syslog.severity.name', severities[severity] as string)
  event.set('log.level', levels[severity] as string)
}
