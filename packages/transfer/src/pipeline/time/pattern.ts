import { LogpipeError } from '@logpipe/runtime'

/** What one step of a pattern reads; numbers, so that the scanner's switch is cheap. */
export const part = {
  literal: 0,
  blanks: 1,
  year: 2,
  shortYear: 3,
  month: 4,
  monthName: 5,
  day: 6,
  dayOfYear: 7,
  dayName: 8,
  half: 9,
  hour: 10,
  hourOfHalf: 11,
  minute: 12,
  second: 13,
  fraction: 14,
  offset: 15,
  zone: 16,
} as const

/** A step of a pattern. */
export interface Step {
  readonly part: (typeof part)[keyof typeof part]
  /** Digits, for numbers: at least and at most. */
  readonly least: number
  readonly most: number
  /** What stands there, for literals. */
  readonly text: string
}

/** By letter: its part, by how many of them. */
const letters: Record<string, (count: number) => Omit<Step, 'text'> | null> = {
  y: year,
  u: year,
  // Joda's, which many old patterns use for the year; the year of weeks that Java means makes no sense without weeks.
  Y: year,
  M: month,
  L: month,
  d: (count) => number(part.day, count, 2),
  D: (count) => number(part.dayOfYear, count, 3),
  E: () => plain(part.dayName),
  a: () => plain(part.half),
  H: (count) => number(part.hour, count, 2),
  h: (count) => number(part.hourOfHalf, count, 2),
  K: (count) => number(part.hourOfHalf, count, 2),
  m: (count) => number(part.minute, count, 2),
  s: (count) => number(part.second, count, 2),
  S: (count) => (count > 9 ? null : { part: part.fraction, least: count, most: count }),
  Z: (count) => plain(count >= 3 ? part.zone : part.offset),
  X: () => plain(part.offset),
  x: () => plain(part.offset),
  O: () => plain(part.zone),
  z: () => plain(part.zone),
  V: () => plain(part.zone),
}

function plain(kind: Step['part']): Omit<Step, 'text'> {
  return { part: kind, least: 0, most: 0 }
}

function number(kind: Step['part'], count: number, most: number): Omit<Step, 'text'> | null {
  return count > most ? null : { part: kind, least: count, most }
}

function year(count: number): Omit<Step, 'text'> | null {
  if (count === 2) return { part: part.shortYear, least: 2, most: 2 }
  return count > 4 ? null : { part: part.year, least: count === 1 ? 1 : 4, most: 4 }
}

function month(count: number): Omit<Step, 'text'> | null {
  return count >= 3 ? plain(part.monthName) : number(part.month, count, 2)
}

/**
 * The steps of a pattern in the style of Java, Joda and Elasticsearch (`dd/MMM/yyyy:HH:mm:ss Z`). Throws `settings_invalid` with a sentence where
 * it is none.
 */
export function parsePattern(pattern: string): readonly Step[] {
  const steps: Step[] = []
  let literal = ''
  const endLiteral = (): void => {
    for (const piece of literal.split(/([ \t]+)/)) {
      if (piece === '') continue
      const isBlank = piece.trim() === ''
      steps.push({ ...plain(isBlank ? part.blanks : part.literal), text: piece })
    }
    literal = ''
  }
  for (let at = 0; at < pattern.length;) {
    const letter = pattern.charAt(at)
    if (letter === "'") {
      const [text, end] = quotedAt(pattern, at)
      literal += text
      at = end
    } else if (/[A-Za-z]/.test(letter)) {
      let end = at + 1
      while (pattern.charAt(end) === letter) end++
      endLiteral()
      steps.push({ ...stepOf(pattern, letter, end - at), text: '' })
      at = end
    } else {
      if ('[]{}#'.includes(letter)) {
        throw unusable(
          pattern,
          `'${letter}' has to stand in quotes; for parts that may be missing give a format with and one without`,
        )
      }
      literal += letter
      at++
    }
  }
  endLiteral()
  return checked(pattern, loosened(steps))
}

function quotedAt(pattern: string, at: number): [text: string, end: number] {
  if (pattern.charAt(at + 1) === "'") return ["'", at + 2]
  let text = ''
  for (let i = at + 1; i < pattern.length; i++) {
    if (pattern.charAt(i) !== "'") text += pattern.charAt(i)
    else if (pattern.charAt(i + 1) !== "'") return [text, i + 1]
    else {
      text += "'"
      i++
    }
  }
  throw unusable(pattern, 'a quote is not closed')
}

function stepOf(pattern: string, letter: string, count: number): Omit<Step, 'text'> {
  const make = letters[letter]
  if (make === undefined) {
    throw unusable(pattern, `the letter '${letter}' means nothing; text that stands for itself goes in quotes: 'T'`)
  }
  const step = make(count)
  if (step === null) throw unusable(pattern, `'${letter.repeat(count)}' has too many letters`)
  return step
}

/** Fractions take as many digits as there are, where no other number follows at once. */
function loosened(steps: readonly Step[]): Step[] {
  return steps.map((step, i) => {
    if (step.part !== part.fraction) return step
    const next = steps[i + 1]
    const isOpen = next === undefined || next.most === 0
    return isOpen ? { ...step, least: 1, most: 9 } : step
  })
}

function checked(pattern: string, steps: readonly Step[]): readonly Step[] {
  const has = (...parts: Step['part'][]): boolean => steps.some((step) => parts.includes(step.part))
  if (has(part.hourOfHalf) && !has(part.half))
    throw unusable(pattern, "'h' needs 'a' (AM or PM); hours of the day are 'H'")
  if (has(part.day) && !has(part.month, part.monthName)) throw unusable(pattern, 'a day needs its month')
  if (!has(part.hour, part.hourOfHalf, part.day, part.dayOfYear, part.month, part.monthName, part.year)) {
    throw unusable(pattern, 'it names neither a date nor a time of day')
  }
  return steps
}

function unusable(pattern: string, reason: string): LogpipeError {
  return new LogpipeError('settings_invalid', `'${pattern}' is no format of time that can be used: ${reason}.`)
}
