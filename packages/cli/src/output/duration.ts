/** `90s`, `5m`, `3h`, `2d`: so many seconds, in the unit that says enough. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`
}
