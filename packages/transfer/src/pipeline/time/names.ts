import { LogpipeError } from '@logpipe/runtime'

interface Candidate {
  readonly name: string
  readonly lowerCase: string
  readonly index: number
}

/** Names of months or days in one language: finds which one stands in a text, in capitals or not. */
export class CalendarNames {
  /** By first character, in lower case; the longest name first, so that `June` is not taken for `Jun`. */
  readonly #byFirst = new Map<string, Candidate[]>()
  #length = 0

  /** `names[i]`: all names of the i-th month or day. */
  constructor(names: readonly (readonly string[])[]) {
    for (const [index, alike] of names.entries()) {
      for (const name of new Set(alike)) {
        const lowerCase = name.toLowerCase()
        const candidates = this.#byFirst.get(lowerCase.charAt(0)) ?? []
        candidates.push({ name, lowerCase, index })
        this.#byFirst.set(lowerCase.charAt(0), candidates)
      }
    }
    for (const list of this.#byFirst.values()) list.sort((a, b) => b.name.length - a.name.length)
  }

  /** Which one stands at `at`, counted from 0; −1 where none does. `foundLength` then tells how long its name is. */
  find(text: string, at: number): number {
    const candidates = this.#byFirst.get(text.charAt(at).toLowerCase())
    if (candidates === undefined) return -1
    for (const { name, index } of candidates) {
      if (text.startsWith(name, at)) return this.#found(name, index)
    }
    for (const { lowerCase, index } of candidates) {
      if (text.slice(at, at + lowerCase.length).toLowerCase() === lowerCase) return this.#found(lowerCase, index)
    }
    return -1
  }

  #found(name: string, index: number): number {
    this.#length = name.length
    return index
  }

  /** The length of the name that `find` found last. */
  get foundLength(): number {
    return this.#length
  }
}

/** Month and day names of a language, long and short, without the full stop that some write behind short ones: the scanner passes over it. */
export interface LocaleNames {
  readonly months: CalendarNames
  readonly days: CalendarNames
  readonly halves: CalendarNames
}

const cache = new Map<string, LocaleNames>()

/** The names of this locale (`en`, `de-AT`), by Intl; English ones are always known too. Throws `settings_invalid` where there is none. */
export function localeNames(locale: string): LocaleNames {
  const known = cache.get(locale)
  if (known !== undefined) return known
  try {
    if (Intl.DateTimeFormat.supportedLocalesOf(locale).length === 0) throw new RangeError('unknown to Intl')
  } catch (cause) {
    const message = `'${locale}' is no locale: give a language, as 'en', 'de' or 'pt-BR'.`
    throw new LogpipeError('settings_invalid', message, { cause })
  }
  const locales = ['en', locale]
  // 1970-01-04 was a Sunday.
  const names: LocaleNames = {
    months: new CalendarNames(
      withStems(range(12, (i) => [...allNames(locales, 'month', Date.UTC(2001, i, 15)), ...olderNames(locale, i)])),
    ),
    days: new CalendarNames(withStems(range(7, (i) => allNames(locales, 'weekday', Date.UTC(1970, 0, 4 + i))))),
    halves: new CalendarNames(range(2, (i) => halfNames(locales, Date.UTC(2001, 0, 1, 6 + 12 * i)))),
  }
  cache.set(locale, names)
  return names
}

export const englishNames = localeNames('en')

/** What Java wrote up to version 8, and .NET still writes, where Intl has another name. */
function olderNames(locale: string, month: number): string[] {
  const { language } = new Intl.Locale(locale)
  return language === 'de' && month === 2 ? ['Mrz'] : []
}

function range<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

function allNames(locales: readonly string[], part: 'month' | 'weekday', ms: number): string[] {
  const names: string[] = []
  for (const locale of locales) {
    for (const width of ['long', 'short'] as const) {
      // Some languages bend the name beside a day (`5 мая`), so both forms are asked for.
      const alone = new Intl.DateTimeFormat(locale, { [part]: width, timeZone: 'UTC', calendar: 'gregory' })
      names.push(alone.format(ms))
      const date = new Intl.DateTimeFormat(locale, {
        [part]: width,
        day: 'numeric',
        timeZone: 'UTC',
        calendar: 'gregory',
      })
      names.push(date.formatToParts(ms).find(({ type }) => type === part)?.value ?? '')
    }
  }
  return names.map((name) => name.replace(/\.$/, '')).filter((name) => name !== '' && !/^\d+$/.test(name))
}

/** The names and their first three and four letters, where no other month or day has them: C's `Mär` and `Sept` are not Intl's. */
function withStems(names: readonly string[][]): string[][] {
  return names.map((alike, index) => {
    const stems = alike.flatMap((name) => [name.slice(0, 3), name.slice(0, 4)])
    const others = names.flatMap((one, i) => (i === index ? [] : one)).map((name) => name.toLowerCase())
    const own = stems.filter((stem) => !others.some((other) => other.startsWith(stem.toLowerCase())))
    return [...alike, ...own]
  })
}

/** With each blank that may stand in them: Intl has a narrow one, Java another, people a plain one (`p. m.`). */
function halfNames(locales: readonly string[], ms: number): string[] {
  const names = locales.map((locale) => {
    const format = new Intl.DateTimeFormat(locale, {
      hour: 'numeric',
      hourCycle: 'h12',
      timeZone: 'UTC',
      numberingSystem: 'latn',
    })
    return format.formatToParts(ms).find(({ type }) => type === 'dayPeriod')?.value ?? 'AM'
  })
  return names.flatMap((name) => [' ', '\u00a0', '\u202f'].map((blank) => name.replaceAll(/\s/g, blank)))
}
