import { LogpipeError } from '@logpipe/runtime'

const minuteMs = 60_000
const slotMs = 15 * minuteMs
const dayMs = 24 * 60 * minuteMs
/** Slots remembered: those of 100 days. */
const maxSlots = 10_000

/** A time zone: tells the moment that a wall clock in it shows. */
export interface Zone {
  /** Minutes that its clocks are ahead of UTC, times 60,000, at this moment. */
  offsetAt(utcMs: number): number
  /**
   * The moment at which a wall clock shows `wallMs` (written as though it were UTC). A time that the clock skips is read as though it
   * had not been put forward yet (02:30 is 03:30); of an hour that comes twice it is the first one. So do Temporal and java.time.
   */
  toUtc(wallMs: number): number
}

/** A zone whose clocks are never changed: `UTC`, `+02:00`. */
class FixedZone implements Zone {
  readonly #offsetMs: number

  constructor(offsetMs: number) {
    this.#offsetMs = offsetMs
  }

  offsetAt(): number {
    return this.#offsetMs
  }

  toUtc(wallMs: number): number {
    return wallMs - this.#offsetMs
  }
}

/** A zone of the IANA database, by Intl, which is slow: what it says of a quarter of an hour is remembered. */
class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat
  /** By number of the quarter of an hour: the offset all through it. */
  readonly #offsets = new Map<number, number>()
  /** The same by wall clock, where no change of the clock is near. */
  readonly #wallOffsets = new Map<number, number>()
  #lastSlot = Number.NaN
  #lastOffset = 0

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  }

  offsetAt(utcMs: number): number {
    const slot = Math.floor(utcMs / slotMs)
    const known = this.#offsets.get(slot)
    if (known !== undefined) return known
    const first = this.#ask(slot * slotMs)
    if (first !== this.#ask(slot * slotMs + slotMs - 1)) return this.#ask(utcMs)
    remember(this.#offsets, slot, first)
    return first
  }

  toUtc(wallMs: number): number {
    const slot = Math.floor(wallMs / slotMs)
    if (slot !== this.#lastSlot) {
      let offset = this.#wallOffsets.get(slot)
      if (offset === undefined) {
        const before = this.offsetAt(wallMs - dayMs)
        const after = this.offsetAt(wallMs + dayMs)
        if (before !== after || Number.isNaN(before)) return this.#nearChange(wallMs, before, after)
        offset = before
        remember(this.#wallOffsets, slot, offset)
      }
      this.#lastSlot = slot
      this.#lastOffset = offset
    }
    return wallMs - this.#lastOffset
  }

  #nearChange(wallMs: number, before: number, after: number): number {
    const isAfter = this.offsetAt(wallMs - before) !== before && this.offsetAt(wallMs - after) === after
    return wallMs - (isAfter ? after : before)
  }

  #ask(utcMs: number): number {
    if (!(Math.abs(utcMs) <= 8.64e15)) return Number.NaN
    for (const { type, value } of this.#format.formatToParts(utcMs)) {
      // `GMT`, `GMT+05:30`, and `GMT-00:44:30` of times before the zones.
      if (type === 'timeZoneName') return offsetOf(value.slice(3)) ?? Number.NaN
    }
    return Number.NaN
  }
}

function remember(offsets: Map<number, number>, slot: number, offset: number): void {
  if (offsets.size >= maxSlots) offsets.clear()
  offsets.set(slot, offset)
}

function offsetOf(text: string): number | null {
  if (text === '') return 0
  const [, sign, hours, minutes = '0', seconds = '0'] = /^([+-])(\d\d):?(\d\d)?(?::(\d\d))?$/.exec(text) ?? []
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) return null
  const ms = (Number(hours) * 60 + Number(minutes)) * minuteMs + Number(seconds) * 1_000
  return sign === '-' ? -ms : ms
}

export const utc: Zone = new FixedZone(0)

/** Lines may name zones too, in capitals or not. */
const maxZones = 500
const zones = new Map<string, Zone>()

/**
 * The zone of this name: one of the IANA database (`Europe/Berlin`), `UTC`, or an offset (`+02:00`). The same one for the same name, as
 * long as it is in use, so that what it remembers is shared. Throws `settings_invalid` with a sentence where there is none.
 */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const offsetMs = name === 'UTC' || name === 'Z' ? 0 : name === '' ? null : offsetOf(name)
  let zone: Zone
  try {
    zone = offsetMs === null ? new NamedZone(name) : new FixedZone(offsetMs)
  } catch (cause) {
    const message = `'${name}' is no time zone: give one of the IANA database ('Europe/Berlin'), 'UTC' or an offset ('+02:00').`
    throw new LogpipeError('settings_invalid', message, { cause })
  }
  if (zones.size >= maxZones) zones.clear()
  zones.set(name, zone)
  return zone
}
