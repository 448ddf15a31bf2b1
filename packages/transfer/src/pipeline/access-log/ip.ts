import { isIPv6 } from 'node:net'

const zero = 0x30
const dot = 0x2e

/** Characters of an address, at most. */
export const longestIp = 45

/** Whether Elasticsearch takes the text as an address of the type `ip`. */
export function isIp(text: string): boolean {
  if (text.length < 2 || text.length > longestIp) return false
  // A zone (`fe80::1%eth0`) means something on one host only; Elasticsearch refuses it.
  return isIPv4(text) || (text.includes(':') && !text.includes('%') && isIPv6(text))
}

function isIPv4(text: string): boolean {
  let dots = 0
  let digits = 0
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === dot) {
      if (digits === 0) return false
      dots++
      digits = 0
      value = 0
      continue
    }
    const digit = code - zero
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false
    value = value * 10 + digit
    digits++
    if (value > 255) return false
  }
  return dots === 3 && digits > 0
}
