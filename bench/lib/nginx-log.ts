import { lineBytes } from './access-log.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const pages = ['/index.html', '/api/v2/orders', '/static/app.css', '/search', '/img/logo.svg']
const agents = ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'curl/8.5.0', 'Mozilla/5.0 (iPhone; CPU OS 18_1)']

/**
 * Line `index` of an access log in nginx's combined format, its user agent padded so that the line has `lineBytes` bytes with
 * its line feed. The same index gives the same line.
 */
export function nginxLine(index: number): string {
  const mixed = Math.imul(index + 1, 2_654_435_761) >>> 0
  const ip = `10.${mixed & 255}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}`
  const status = mixed % 20 === 0 ? 404 : 200
  const page = `${pages[mixed % pages.length]}?n=${index}&r=${mixed.toString(16)}`
  const head = `${ip} - - [${nginxTime(1_760_000_000_000 + index * 37)}] "GET ${page} HTTP/1.1" ${status} ${mixed % 100_000} `
  const text = `${head}"https://www.example.org/" "${agents[mixed % agents.length]}`
  return `${text.padEnd(lineBytes - 2, ' .:-').slice(0, lineBytes - 2)}"`
}

function nginxTime(ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}`
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}
