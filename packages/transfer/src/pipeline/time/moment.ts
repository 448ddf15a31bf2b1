import type { TimeFields } from './fields.ts'
import type { Zone } from './zone.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** A line is read after it was written; clocks that go wrong, and zones that were set wrong, are allowed so much. */
const yearToleranceMs = dayMs
const dayToleranceMs = hourMs

const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

/**
 * The moment that the fields name, in ms since 1970; NaN where there is no such date or time (30 February, 25 o'clock). What they do not name
 * of the date is taken so that it is the last such moment not after `nearMs` (when the line was read): the year up to a day ahead of it, the day
 * up to an hour ahead. `zone` is what the text is in where it does not say so itself.
 */
export function momentOf(fields: TimeFields, zone: Zone, nearMs: number): number {
  const { second } = fields
  const hour = hourOf(fields)
  // 24:00 is the end of the day; a leap second is the first one of the next minute.
  if (!(hour <= 24 && fields.minute <= 59 && second <= 60)) return Number.NaN
  if (hour === 24 && (fields.minute > 0 || second > 0 || fields.millisecond > 0)) return Number.NaN
  const time = hour * hourMs + fields.minute * 60_000 + second * 1_000 + fields.millisecond
  if (!Number.isNaN(fields.year)) return toUtc(dateOf(fields, fields.year) + time, fields, zone)
  if (Number.isNaN(fields.month) && Number.isNaN(fields.dayOfYear) && Number.isNaN(fields.day)) {
    return lastDay(time, fields, zone, nearMs)
  }
  return lastYear(time, fields, zone, nearMs)
}

function lastYear(time: number, fields: TimeFields, zone: Zone, nearMs: number): number {
  const year = new Date(nearMs + yearToleranceMs).getUTCFullYear() + 1
  // 29 February comes once in eight years at least.
  for (let back = 0; back <= 9; back++) {
    const moment = toUtc(dateOf(fields, year - back) + time, fields, zone)
    if (moment <= nearMs + yearToleranceMs) return moment
  }
  return Number.NaN
}

function lastDay(time: number, fields: TimeFields, zone: Zone, nearMs: number): number {
  const today = Math.floor(nearMs / dayMs) * dayMs
  for (let back = -1; back <= 2; back++) {
    const moment = toUtc(today - back * dayMs + time, fields, zone)
    if (moment <= nearMs + dayToleranceMs) return moment
  }
  return Number.NaN
}

function hourOf({ hour, hourOfHalf, half }: TimeFields): number {
  if (Number.isNaN(hourOfHalf)) return hour
  // Without AM or PM it is not known which hour is meant.
  return hourOfHalf + 12 * half
}

/** Midnight of the date as though it were UTC; NaN where there is none. A missing month or day is the first one. */
function dateOf(fields: TimeFields, year: number): number {
  if (!Number.isNaN(fields.dayOfYear)) {
    const { dayOfYear } = fields
    if (dayOfYear < 1 || dayOfYear > (isLeap(year) ? 366 : 365)) return Number.NaN
    return (daysTo(year) + dayOfYear - 1) * dayMs
  }
  const month = Number.isNaN(fields.month) ? 1 : fields.month
  const day = Number.isNaN(fields.day) ? 1 : fields.day
  if (month < 1 || month > 12 || day < 1) return Number.NaN
  const leapDay = isLeap(year) && month >= 2 ? 1 : 0
  const before = daysBefore[month - 1] as number
  const length = (daysBefore[month] as number) - before + (month === 2 ? leapDay : 0)
  if (day > length) return Number.NaN
  return (daysTo(year) + before + (month > 2 ? leapDay : 0) + day - 1) * dayMs
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days from 1970 to the first of January of this year. */
function daysTo(year: number): number {
  const last = year - 1
  return year * 365 + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) - 719_527
}

function toUtc(wallMs: number, fields: TimeFields, zone: Zone): number {
  if (!Number.isNaN(fields.offsetMs)) return wallMs - fields.offsetMs
  return (fields.zone ?? zone).toUtc(wallMs)
}
