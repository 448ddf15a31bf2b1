import { type Finding, ok, warning } from './finding.ts'

/** Clocks further apart than this mislead who reads times of several machines. */
const toleranceMs = 5_000

/** What somebody's clock showed, at a moment between two of ours. */
export interface ClockReading {
  who: string
  theirsMs: number
  askedMs: number
  answeredMs: number
  /** How exactly they tell it. */
  stepMs: number
}

/** Whether a clock is ours, as far as the answer's time on the way lets us tell. */
export function clockFinding({ who, theirsMs, askedMs, answeredMs, stepMs }: ClockReading): Finding {
  // Theirs was read somewhere in between, and stands for a whole step.
  const least = theirsMs - answeredMs
  const most = theirsMs + stepMs - askedMs
  const apart = least > 0 ? least : Math.min(0, most)
  if (Math.abs(apart) <= toleranceMs) return ok(`The clock of ${who} agrees with ours.`)
  const seconds = Math.round(Math.abs(apart) / 1_000)
  const way = apart > 0 ? 'ahead of' : 'behind'
  return warning(
    `The clock of ${who} is ${seconds} s ${way} ours.`,
    'Let NTP set the clocks of all machines (timedatectl); times of lines and of changes mislead until then.',
  )
}
