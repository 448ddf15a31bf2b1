import { writeLines } from './line-file.ts'

/** Bytes of each line with its line feed: what an nginx access line of a busy site weighs. */
export const lineBytes = 226

const agents = ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'curl/8.5.0', 'Mozilla/5.0 (iPhone; CPU OS 18_1)']
const pages = ['/index.html', '/api/v2/orders', '/static/app.css', '/search?q=shoes', '/img/logo.svg']
const numberDigits = 10

/** Line `index` of the file: an access-log line whose fields vary, padded to `lineBytes`. The same index gives the same line. */
export function accessLine(index: number): string {
  const mixed = mix(index)
  const ip = `10.${mixed & 255}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}`
  const time = new Date(1_760_000_000_000 + index * 37).toISOString()
  const status = isNotFound(index) ? 404 : 200
  const head = `${ip} - - [${time}] "GET ${pages[mixed % 5]}?r=${mixed.toString(16)} HTTP/1.1" ${status} ${mixed % 100_000} `
  const tail = `"https://www.example.org/" "${agents[mixed % 3]}" ${index.toString().padStart(numberDigits, '0')}`
  return padded(`${head}${tail}`)
}

/** Whether the status of line `index` is 404: one line in twenty. */
export function isNotFound(index: number): boolean {
  return mix(index) % 20 === 0
}

/** The number of the access line that these bytes are by their own account; −1 where they are none. */
export function accessLineNumber(bytes: Buffer, start: number, end: number): number {
  let at = end - 1
  while (at >= start && !isDigit(bytes[at] as number)) at--
  let number = 0
  let scale = 1
  for (let digit = 0; digit < numberDigits; digit++, at--) {
    if (at < start || !isDigit(bytes[at] as number)) return -1
    number += ((bytes[at] as number) - 0x30) * scale
    scale *= 10
  }
  return number
}

/** Text of ASCII filled up, or cut, to a line of `lineBytes`, without the line feed. */
export function padded(text: string): string {
  return text.padEnd(lineBytes - 1, ' .:-').slice(0, lineBytes - 1)
}

/** Writes `count` access lines to a file, beginning with line `first`. */
export async function writeAccessLog(path: string, count: number, first = 0): Promise<void> {
  await writeLines(path, count, (index) => Buffer.from(`${accessLine(first + index)}\n`, 'latin1'))
}

function mix(index: number): number {
  return Math.imul(index + 1, 2_654_435_761) >>> 0
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
