import { isLogpipeError } from '@logpipe/runtime'
import { type Zone, zoneOf } from './zone.ts'

/** Short names that are clear: those of RFC 822 and of Europe. Others (IST, CST of China) are read as what most logs mean, or not at all. */
const shortNames: Record<string, string> = {
  UTC: '+00:00',
  GMT: '+00:00',
  UT: '+00:00',
  WET: '+00:00',
  WEST: '+01:00',
  BST: '+01:00',
  CET: '+01:00',
  CEST: '+02:00',
  MEZ: '+01:00',
  MESZ: '+02:00',
  EET: '+02:00',
  EEST: '+03:00',
  MSK: '+03:00',
  JST: '+09:00',
  KST: '+09:00',
  EST: '-05:00',
  EDT: '-04:00',
  CST: '-06:00',
  CDT: '-05:00',
  MST: '-07:00',
  MDT: '-06:00',
  PST: '-08:00',
  PDT: '-07:00',
}

const maxKnown = 1_000
const known = new Map<string, Zone | null>()

/** Where the name of a zone that begins at `at` ends (`CEST`, `Europe/Berlin`, `Etc/GMT+3`); `at` where none does. */
export function zoneNameEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && end - at < 40) {
    const code = text.charCodeAt(end) | 0x20
    const isLetter = code >= 0x61 && code <= 0x7a
    const isInside = end > at && /[\w/+-]/.test(text.charAt(end))
    if (!isLetter && !isInside) break
    end++
  }
  return end
}

/** The zone of a name that stands in a log; null where it is unknown. Lines may hold any text there, so what is remembered is bounded. */
export function knownZone(name: string): Zone | null {
  const before = known.get(name)
  if (before !== undefined) return before
  const zone = find(name)
  if (known.size >= maxKnown) known.clear()
  known.set(name, zone)
  return zone
}

function find(name: string): Zone | null {
  if (name === 'Z' || name === 'z') return zoneOf('UTC')
  const offset = shortNames[name.toUpperCase()]
  if (offset !== undefined) return zoneOf(offset)
  if (!/^[A-Za-z]+\/[\w/+-]+$/.test(name)) return null
  try {
    return zoneOf(name)
  } catch (error) {
    if (isLogpipeError(error, 'settings_invalid')) return null
    throw error
  }
}
