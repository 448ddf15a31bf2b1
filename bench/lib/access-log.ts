import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'

/** Bytes of each line with its line feed: what an nginx access line of a busy site weighs. */
export const lineBytes = 226

const agents = ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'curl/8.5.0', 'Mozilla/5.0 (iPhone; CPU OS 18_1)']
const pages = ['/index.html', '/api/v2/orders', '/static/app.css', '/search?q=shoes', '/img/logo.svg']

/** Line `index` of the file: an access-log line whose fields vary, padded to `lineBytes`. The same index gives the same line. */
export function accessLine(index: number): string {
  const mixed = Math.imul(index + 1, 2_654_435_761) >>> 0
  const ip = `10.${mixed & 255}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}`
  const time = new Date(1_760_000_000_000 + index * 37).toISOString()
  const status = mixed % 20 === 0 ? 404 : 200
  const head = `${ip} - - [${time}] "GET ${pages[mixed % 5]}?r=${mixed.toString(16)} HTTP/1.1" ${status} ${mixed % 100_000} `
  const tail = `"https://www.example.org/" "${agents[mixed % 3]}" ${index.toString().padStart(10, '0')}`
  return `${head}${tail}`.padEnd(lineBytes - 1, ' .:-').slice(0, lineBytes - 1)
}

/** Writes `count` such lines to a file. */
export async function writeAccessLog(path: string, count: number): Promise<void> {
  const file = createWriteStream(path)
  const perChunk = 5_000
  for (let from = 0; from < count; from += perChunk) {
    let chunk = ''
    for (let i = from; i < Math.min(from + perChunk, count); i++) chunk += `${accessLine(i)}\n`
    if (!file.write(chunk, 'latin1')) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}
