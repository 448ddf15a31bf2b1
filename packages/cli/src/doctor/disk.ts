import { type Finding, ok, problem, warning } from './finding.ts'

export interface Disk {
  /** Whose it is, at the beginning of a sentence. */
  where: string
  totalBytes: number
  freeBytes: number
}

/** Less room than this part of the disk is a warning, a problem. */
const littlePart = 0.15
const leastPart = 0.05

/** Whether there is room on a disk; `todo` is said where there is little. */
export function diskFinding({ where, totalBytes, freeBytes }: Disk, todo: string): Finding {
  const part = totalBytes > 0 ? freeBytes / totalBytes : 0
  const found = `${where}: ${size(freeBytes)} of ${size(totalBytes)} are free (${Math.floor(part * 100)} %).`
  if (part < leastPart) return problem(found, todo)
  return part < littlePart ? warning(found, todo) : ok(found)
}

/** 1536 as `1.5 KiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
