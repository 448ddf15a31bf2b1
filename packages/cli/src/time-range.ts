import { LogpipeError } from '@logpipe/runtime'

/** Milliseconds since 1970; an absent side is open. */
export interface TimeRange {
  from?: number
  to?: number
}

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** The range meant by `--last 15m`, or by `--from` and `--to`. Throws `settings_invalid` with a sentence for what makes no sense. */
export function timeRange(flags: { from?: string; to?: string; last?: string }, now: number): TimeRange {
  if (flags.last !== undefined && (flags.from !== undefined || flags.to !== undefined)) {
    throw new LogpipeError('settings_invalid', '--last goes up to now: it cannot stand together with --from or --to.')
  }
  if (flags.last !== undefined) return { from: now - duration(flags.last) }
  const range: TimeRange = {
    ...(flags.from !== undefined && { from: time('--from', flags.from) }),
    ...(flags.to !== undefined && { to: time('--to', flags.to) }),
  }
  if (range.from !== undefined && range.to !== undefined && range.from > range.to) {
    throw new LogpipeError('settings_invalid', `--from (${flags.from}) is later than --to (${flags.to}).`)
  }
  return range
}

/** The moment meant by `15m` (so long ago) or by a time as `--from` takes it. Throws `settings_invalid` that names the flag. */
export function moment(flag: string, text: string, now: number): number {
  return /^\d+[a-z]$/.test(text) ? now - duration(text, flag) : time(flag, text)
}

function duration(text: string, flag = '--last'): number {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  const unitMs = units[unit ?? '']
  if (count !== undefined && unitMs !== undefined) return Number(count) * unitMs
  throw new LogpipeError('settings_invalid', `${flag} is '${text}': write a number and s, m, h, d or w, e.g. 15m.`)
}

function time(flag: string, text: string): number {
  // A date alone would be taken as UTC midnight; people mean their own.
  const at = /^\d{4}-\d\d-\d\d$/.test(text)
    ? Date.parse(`${text}T00:00`)
    : Date.parse(text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T'))
  if (/^\d{4}-/.test(text) && !Number.isNaN(at)) return at
  throw new LogpipeError(
    'settings_invalid',
    `${flag} is '${text}': write a time as 2026-11-20T21:00:00, with Z for UTC.`,
  )
}
