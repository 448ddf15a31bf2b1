import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import fc from 'fast-check'
import { timeFormat } from './format.ts'
import { localeNames } from './names.ts'
import { utc, zoneOf } from './zone.ts'

const readMs = Date.parse('2026-11-21T04:00:00Z')

interface Options {
  zone?: string
  locale?: string
  nearMs?: number
}

/** What the text means, as ISO 8601; null where it is no time of that format. */
function parse(
  format: string,
  text: string,
  { zone = 'UTC', locale = 'en', nearMs = readMs }: Options = {},
): string | null {
  const ms = timeFormat(format, zoneOf(zone), localeNames(locale)).parse(text, nearMs)
  assert.ok(Number.isNaN(ms) || Number.isInteger(ms), String(ms))
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

const examples: [format: string, text: string, options: Options, time: string | null][] = [
  ['dd/MMM/yyyy:HH:mm:ss Z', '17/May/2015:10:05:03 +0200', {}, '2015-05-17T08:05:03.000Z'],
  ['dd/MMM/yyyy:HH:mm:ss Z', '17/May/2015:10:05:03 +0200 ', {}, null],
  ['dd/MMM/yyyy:HH:mm:ss Z', '7/May/2015:10:05:03 +0200', {}, null],
  ['MMM d HH:mm:ss', 'Jun  1 15:16:01', { zone: 'Europe/Berlin' }, '2026-06-01T13:16:01.000Z'],
  ['EEE MMM dd HH:mm:ss yyyy', 'Sun Dec 04 04:47:44 2005', { zone: 'America/New_York' }, '2005-12-04T09:47:44.000Z'],
  ['EEEE, d MMMM yyyy', 'SUNDAY, 4 december 2005', {}, '2005-12-04T00:00:00.000Z'],
  ['yyMMdd HHmmss', '081109 203615', {}, '2008-11-09T20:36:15.000Z'],
  ['yyMMdd', '690101', {}, '1969-01-01T00:00:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss,SSS', '2024-02-29 23:59:59,123456', {}, '2024-02-29T23:59:59.123Z'],
  ['yyyyMMddHHmmssSSS', '20240229235959123', {}, '2024-02-29T23:59:59.123Z'],
  ['yyyy-MM-dd HH:mm', '2023-02-29 12:00', {}, null],
  ['yyyy-MM-dd HH:mm', '2023-02-28 24:00', {}, '2023-03-01T00:00:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss', '2016-12-31 23:59:60', {}, '2017-01-01T00:00:00.000Z'],
  ['yyyy-DDD', '2024-366', {}, '2024-12-31T00:00:00.000Z'],
  ['yyyy-DDD', '2023-366', {}, null],
  ["yyyy-MM-dd'T'HH 'o''clock'", "2024-01-02T03 o'clock", {}, '2024-01-02T03:00:00.000Z'],
  ['yyyy-MM-dd h:mm a', '2024-01-02 12:05 am', {}, '2024-01-02T00:05:00.000Z'],
  ['yyyy-MM-dd h:mm a', '2024-01-02 12:05 PM', {}, '2024-01-02T12:05:00.000Z'],
  ['yyyy-MM-dd HH:mm:ss z', '2024-07-02 03:04:05 Europe/Berlin', {}, '2024-07-02T01:04:05.000Z'],
  ['yyyy-MM-dd HH:mm:ss z', '2024-07-02 03:04:05 CEST', {}, '2024-07-02T01:04:05.000Z'],
  ['yyyy-MM-dd HH:mm:ss z', '2024-07-02 03:04:05 GMT+02:00', {}, '2024-07-02T01:04:05.000Z'],
  ['yyyy-MM-dd HH:mm:ss z', '2024-07-02 03:04:05 Mars/Base', {}, null],
  ['yyyy-MM-dd HH:mm:ss XXX', '2024-07-02 03:04:05 Z', { zone: 'Asia/Tokyo' }, '2024-07-02T03:04:05.000Z'],
  ['d. MMMM yyyy', '5. März 2024', { locale: 'de' }, '2024-03-05T00:00:00.000Z'],
  ['d MMM yyyy', '5 Dez 2024', { locale: 'de' }, '2024-12-05T00:00:00.000Z'],
  ['d MMM yyyy', '5 Sept 2024', {}, '2024-09-05T00:00:00.000Z'],
  // A full stop behind a short name is the pattern's where that has one, else the name's.
  ['dd.MMM.yyyy', '05.Dez.2024', { locale: 'de' }, '2024-12-05T00:00:00.000Z'],
  ['dd.MMM.yyyy', '05.Jan.2024', { locale: 'de' }, '2024-01-05T00:00:00.000Z'],
  ['dd.MMM.yy', '05.févr.24', { locale: 'fr' }, '2024-02-05T00:00:00.000Z'],
  ['EEE., d. MMM yyyy', 'Di., 5. März 2024', { locale: 'de' }, '2024-03-05T00:00:00.000Z'],
  ['EEE, d MMM yyyy', 'Di., 5 Dez. 2024', { locale: 'de' }, '2024-12-05T00:00:00.000Z'],
  ['d MMM yyyy', '5 ene. 2024', { locale: 'es' }, '2024-01-05T00:00:00.000Z'],
  ['yyyy d MMM', '2024 5 Dez.', { locale: 'de' }, '2024-12-05T00:00:00.000Z'],
  ['d MMM. yyyy', '5 Dez 2024', { locale: 'de' }, null],
  ["yyyy'年'M'月'd'日' EEEE a h:mm", '2024年3月5日 星期二 下午 3:04', { locale: 'zh-CN' }, '2024-03-05T15:04:00.000Z'],
  ['d MMMM yyyy', '5 мая 2024', { locale: 'ru' }, '2024-05-05T00:00:00.000Z'],
  ['EEE d MMM yyyy', 'lun. 5 févr. 2024', { locale: 'fr' }, '2024-02-05T00:00:00.000Z'],
  ['ISO8601', '2024-01-02T03:04:05.123456+02:00', {}, '2024-01-02T01:04:05.123Z'],
  ['ISO8601', '2024-01-02 03:04:05,9 +0100', {}, '2024-01-02T02:04:05.900Z'],
  ['ISO8601', '2024-07-02T03:04', { zone: 'Europe/Berlin' }, '2024-07-02T01:04:00.000Z'],
  ['ISO8601', '2024-01-02', {}, '2024-01-02T00:00:00.000Z'],
  ['ISO8601', '20240102T030405Z', {}, '2024-01-02T03:04:05.000Z'],
  ['ISO8601', '2024-01-02T', {}, null],
  ['ISO8601', '2024-01-02T03:04:', {}, null],
  ['ISO8601', '2024-13-02T03:04:05Z', {}, null],
  ['UNIX', '1700000000', {}, '2023-11-14T22:13:20.000Z'],
  ['UNIX', '1700000000.0019', {}, '2023-11-14T22:13:20.001Z'],
  ['UNIX', '-1.5', {}, '1969-12-31T23:59:58.500Z'],
  ['UNIX', '1e9', {}, null],
  ['UNIX_MS', '1700000000001', {}, '2023-11-14T22:13:20.001Z'],
  ['UNIX_US', '1700000000001999', {}, '2023-11-14T22:13:20.001Z'],
  ['UNIX_NS', '1700000000001999999', {}, '2023-11-14T22:13:20.001Z'],
]
for (const [format, text, options, time] of examples) {
  test(`'${text}' as ${format}${options.zone ? ` in ${options.zone}` : ''} is ${time ?? 'refused'}`, () => {
    assert.equal(parse(format, text, options), time)
  })
}

test('a missing year is the last one in which the time is not more than a day ahead of when the line was read', () => {
  const read = (text: string, near: string): string | null =>
    parse('MMM d HH:mm:ss', text, { nearMs: Date.parse(near) })
  assert.equal(read('Dec 31 23:59:59', '2026-01-01T00:00:05Z'), '2025-12-31T23:59:59.000Z')
  assert.equal(read('Jan  1 00:00:10', '2025-12-31T23:59:58Z'), '2026-01-01T00:00:10.000Z')
  assert.equal(read('Jan  2 00:00:10', '2025-12-31T23:59:58Z'), '2025-01-02T00:00:10.000Z')
  assert.equal(read('Feb 29 00:00:00', '2026-06-01T00:00:00Z'), '2024-02-29T00:00:00.000Z')
  assert.equal(read('Feb 29 00:00:00', '2103-06-01T00:00:00Z'), '2096-02-29T00:00:00.000Z')
  assert.equal(read('Feb 30 00:00:00', '2026-06-01T00:00:00Z'), null)
})

test('a missing date is the last day on which the time is not more than an hour ahead of when the line was read', () => {
  const read = (text: string, near: string, zone: string): string | null =>
    parse('HH:mm:ss', text, { zone, nearMs: Date.parse(near) })
  assert.equal(read('04:59:00', '2026-11-21T04:00:00Z', 'UTC'), '2026-11-21T04:59:00.000Z')
  assert.equal(read('05:01:00', '2026-11-21T04:00:00Z', 'UTC'), '2026-11-20T05:01:00.000Z')
  assert.equal(read('12:59:00', '2026-11-21T04:00:00Z', 'Asia/Tokyo'), '2026-11-21T03:59:00.000Z')
  assert.equal(read('16:00:00', '2026-11-21T00:30:00Z', 'America/Los_Angeles'), '2026-11-21T00:00:00.000Z')
})

test('a time that the clocks skip is read as though they had not been put forward; an hour that comes twice is the first one', () => {
  const berlin = (text: string): string | null => parse('yyyy-MM-dd HH:mm', text, { zone: 'Europe/Berlin' })
  assert.equal(berlin('2024-03-31 01:59'), '2024-03-31T00:59:00.000Z')
  assert.equal(berlin('2024-03-31 02:30'), '2024-03-31T01:30:00.000Z')
  assert.equal(berlin('2024-03-31 03:00'), '2024-03-31T01:00:00.000Z')
  assert.equal(berlin('2024-10-27 02:30'), '2024-10-27T00:30:00.000Z')
  assert.equal(berlin('2024-10-27 03:00'), '2024-10-27T02:00:00.000Z')
})

test('a clock that is changed within a quarter of an hour is followed to the second', () => {
  const monrovia = zoneOf('Africa/Monrovia')
  const change = Date.parse('1972-01-07T00:44:30Z')
  assert.equal(monrovia.offsetAt(change - 1), -(44 * 60 + 30) * 1_000)
  assert.equal(monrovia.offsetAt(change), 0)
})

/** Zones with full, half and quarter hours, with and without summer time, on both halves of the globe. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kolkata',
]
const moment = fc.integer({ min: Date.parse('1901-01-01'), max: Date.parse('2099-12-31') })

test('what Intl writes in any zone is read back as the same moment, or as one that the same wall clock shows earlier', () => {
  fc.assert(
    fc.property(fc.constantFrom(...zones), moment, (timeZone, ms) => {
      const write = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        dateStyle: 'long',
        timeStyle: 'medium',
        calendar: 'gregory',
      })
      const second = Math.floor(ms / 1_000) * 1_000
      const text = write.format(second)
      const found = timeFormat("d MMMM yyyy 'at' HH:mm:ss", zoneOf(timeZone)).parse(text, 0)
      assert.equal(write.format(found), text)
      assert.ok(found <= second && second - found <= 24 * 3_600_000)
    }),
    { numRuns: 2_000 },
  )
})

test('ISO 8601 as Date writes it, and Unix time, come back to the millisecond', () => {
  const iso = timeFormat('ISO8601', zoneOf('Asia/Tokyo'))
  const seconds = timeFormat('UNIX', zoneOf('UTC'))
  fc.assert(
    fc.property(fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 }), (ms) => {
      assert.equal(iso.parse(new Date(ms).toISOString(), 0), ms)
      const sign = ms < 0 ? '-' : ''
      const [whole, rest] = [Math.floor(Math.abs(ms) / 1_000), Math.abs(ms) % 1_000]
      assert.equal(seconds.parse(`${sign}${whole}.${String(rest).padStart(3, '0')}`, 0), ms)
    }),
  )
})

test('any text is a time or is not: nothing throws', () => {
  const formats = [
    'ISO8601',
    'UNIX',
    'dd/MMM/yyyy:HH:mm:ss Z',
    'EEE MMM d h:mm:ss a z yyyy',
    'yyDDD HH',
    'MMM d HH:mm:ss',
  ]
  const known = formats.map((format) => timeFormat(format, zoneOf('Europe/Berlin'), localeNames('de')))
  const piece = fc.constantFrom(
    '2024',
    '-',
    '31',
    '/',
    'Mai',
    'Feb',
    ' ',
    ':',
    '23',
    'PM',
    'Z',
    '+0',
    '+99:99',
    '1e5',
    'Europe/',
    '.',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, fc.integer(), (line, nearMs) => {
      for (const format of known) assert.equal(typeof format.parse(line, nearMs), 'number')
    }),
    { numRuns: 3_000 },
  )
})

const refused: [format: string, reason: RegExp][] = [
  ['yyyy-MM-ddTHH:mm', /the letter 'T' means nothing; text that stands for itself goes in quotes: 'T'/],
  ['yyyy-MM-dd[ HH:mm]', /give a format with and one without/],
  ["yyyy 'year", /a quote is not closed/],
  ['hh:mm', /'h' needs 'a'/],
  ['dd HH:mm', /a day needs its month/],
  ['yyyyy', /'yyyyy' has too many letters/],
  ['Z', /neither a date nor a time of day/],
]
for (const [format, reason] of refused) {
  test(`${format} is refused with a sentence that helps`, () => {
    assert.throws(
      () => timeFormat(format, zoneOf('UTC')),
      (error) => isLogpipeError(error, 'settings_invalid') && reason.test(error.message),
    )
  })
}

test('names of months that begin with their number are names: those of China, Japan and Korea', () => {
  for (const [locale, sign] of [
    ['zh', '月'],
    ['ja', '月'],
    ['ko', '월'],
  ] as const) {
    const format = timeFormat('dd-MMM-yyyy', utc, localeNames(locale))
    for (let month = 1; month <= 12; month++) {
      assert.equal(format.parse(`21-${month}${sign}-2026`, 0), Date.UTC(2026, month - 1, 21), `${locale} ${month}`)
      assert.ok(Number.isNaN(format.parse(`21-${month}-2026`, 0)))
    }
  }
})

test('months and half days are found as older programs wrote them, and whatever blank stands in their names', () => {
  const german = timeFormat('d. MMM yyyy', utc, localeNames('de'))
  for (const text of ['3. Mrz 2026', '3. Mär 2026', '3. März 2026', '3. mrz. 2026']) {
    assert.equal(german.parse(text, 0), Date.UTC(2026, 2, 3), text)
  }
  const spanish = timeFormat('d/M/yyyy h:mm a', utc, localeNames('es'))
  for (const text of [
    '3/4/2026 3:05 p. m.',
    '3/4/2026 3:05 p.\u00a0m.',
    '3/4/2026 3:05 p.\u202fm.',
    '3/4/2026 3:05 PM',
  ]) {
    assert.equal(spanish.parse(text, 0), Date.UTC(2026, 3, 3, 15, 5), text)
  }
})

test('zones and locales that there are not are refused with a sentence that helps', () => {
  assert.throws(() => zoneOf('Europe/Atlantis'), {
    code: 'settings_invalid',
    message: /'Europe\/Atlantis' is no time zone: give one/,
  })
  assert.throws(() => localeNames('not a locale'), {
    code: 'settings_invalid',
    message: /is no locale/,
  })
})
