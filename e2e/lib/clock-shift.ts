import { fileURLToPath } from 'node:url'

/**
 * Environment of a program whose clock is to be moved: SIGUSR2 puts it `hours[0]` from the right time, the next one `hours[1]`, the one
 * behind the last right again. It is the clock as JavaScript sees it (`Date`); the time that the kernel stamps files with, and that of the servers,
 * stays, as on a machine whose clock is wrong among others whose clocks are right.
 */
export function withMovableClock(hours: readonly number[] = [1, -1]): Record<string, string> {
  const module = fileURLToPath(new URL('clock-shift.preload.mjs', import.meta.url))
  return {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${module}`.trim(),
    E2E_CLOCK_HOURS: hours.join(','),
  }
}
