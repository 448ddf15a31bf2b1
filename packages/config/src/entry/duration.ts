import { z } from 'zod'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const form = /^(\d{1,15})(ms|s|m|h|d)$/
const formFault = 'must be a whole number with its unit: 500ms, 90s, 5m, 24h or 7d'

/** The milliseconds of a text such as `500ms`, `90s`, `5m`, `24h` or `7d`; null where it is none. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = form.exec(text.trim()) ?? []
  if (digits === undefined || unit === undefined) return null
  const ms = Number(digits) * units[unit as keyof typeof units]
  return Number.isSafeInteger(ms) ? ms : null
}

/** The shortest text that `parseDuration` reads as these milliseconds. */
export function formatDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => ms > 0 && ms % units[each] === 0) ?? 'ms'
  return `${ms / units[unit]}${unit}`
}

/**
 * A time between two others, written with its unit; becomes milliseconds. A bare number is taken for milliseconds, so that an entry
 * that was normalised reads as itself.
 */
export function duration(least: string, most: string): z.ZodType<number, string | number> {
  const [leastMs, mostMs] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0]
  return z
    .union([z.string(), z.int().min(0)], { error: formFault })
    .transform((value, context) => {
      const ms = typeof value === 'number' ? value : parseDuration(value)
      if (ms !== null && ms >= leastMs && ms <= mostMs) return ms
      context.addIssue(ms === null ? formFault : ms < leastMs ? `must be at least ${least}` : `must be at most ${most}`)
      return z.NEVER
    })
    .meta({ title: `duration, ${least} to ${most}` })
}
